-- What the servers of the catalog (`onsale serve catalog`) may do with each table. Run it as an administrator after `onsale migrate`, at
-- first and after each version that makes tables; a second run changes nothing:
--
--   mysql < mysql-catalog-rights.sql

GRANT SELECT ON event_service.seaql_migrations TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON event_service.venues TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON event_service.halls TO 'event_svc_user'@'%';
GRANT SELECT, INSERT ON event_service.seat_plans TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON event_service.events TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON event_service.event_schedules TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON event_service.seats TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON event_service.consumer_places TO 'event_svc_user'@'%';
GRANT SELECT, INSERT ON event_service.audit_log TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON event_service.idempotency_keys TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON common.outbox_events TO 'event_svc_user'@'%';
GRANT SELECT, INSERT, DELETE ON common.processed_events TO 'event_svc_user'@'%';

-- What the servers of reservations (`onsale serve reservation`) may do with each table. Run it as an administrator after `onsale migrate`, at
-- first and after each version that makes tables; a second run changes nothing:
--
--   mysql < mysql-reservation-rights.sql

GRANT SELECT ON reservation_service.seaql_migrations TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON reservation_service.reservations TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON reservation_service.reservation_seats TO 'reservation_svc_user'@'%';
GRANT SELECT, UPDATE ON reservation_service.hold_counter TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON reservation_service.cancelled_schedules TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON reservation_service.consumer_places TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT ON reservation_service.audit_log TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON reservation_service.idempotency_keys TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON common.outbox_events TO 'reservation_svc_user'@'%';
GRANT SELECT, INSERT, DELETE ON common.processed_events TO 'reservation_svc_user'@'%';

-- What the servers of payments (`onsale serve payment`) may do with each table. Run it as an administrator after `onsale migrate`, at
-- first and after each version that makes tables; a second run changes nothing:
--
--   psql --dbname ticketing --set ON_ERROR_STOP=1 --file postgres-payment-rights.sql

BEGIN;

GRANT SELECT ON payment_service.seaql_migrations TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE ON payment_service.payments TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE ON payment_service.refunds TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_service.webhooks TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE ON payment_service.marks TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE ON payment_service.consumer_places TO payment_svc_user;
GRANT SELECT, INSERT ON payment_service.audit_log TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_service.idempotency_keys TO payment_svc_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON common.outbox_events TO payment_svc_user;
GRANT SELECT, INSERT, DELETE ON common.processed_events TO payment_svc_user;

COMMIT;

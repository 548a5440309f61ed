-- What the users of postgres.sql may do with each table. Run it as an administrator after `onsale migrate`, at first and
-- after each version that makes tables; a second run changes nothing:
--
--   psql --dbname ticketing --set ON_ERROR_STOP=1 --file postgres-rights.sql

BEGIN;

-- Rights of earlier versions: all tables at once.
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA coupon_service, common
    REVOKE ALL ON TABLES FROM coupon_svc_user;
REVOKE ALL ON ALL TABLES IN SCHEMA coupon_service, common FROM coupon_svc_user;

-- Servers. Nobody but an administrator deletes from the books.
GRANT SELECT ON coupon_service.seaql_migrations TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.events TO coupon_svc_user;
GRANT SELECT, INSERT ON coupon_service.stock_grants TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.coupons TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.user_coupons TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.consumer_places TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.tenants TO coupon_svc_user;
GRANT SELECT, UPDATE (last_used_at) ON coupon_service.api_keys TO coupon_svc_user;
GRANT SELECT, INSERT ON coupon_service.audit_log TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON coupon_service.idempotency_keys TO coupon_svc_user;
GRANT SELECT, INSERT, DELETE ON coupon_service.appeal_answers TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.looks TO coupon_svc_user;
GRANT SELECT, INSERT, DELETE ON coupon_service.look_files TO coupon_svc_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON common.outbox_events TO coupon_svc_user;
GRANT SELECT, INSERT, DELETE ON common.processed_events TO coupon_svc_user;

-- `onsale admin`: API keys, and the limits of tenants.
GRANT SELECT ON coupon_service.seaql_migrations TO coupon_keys_user;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON coupon_service.api_keys TO coupon_keys_user;
GRANT SELECT, INSERT, UPDATE ON coupon_service.tenants TO coupon_keys_user;
GRANT INSERT ON coupon_service.audit_log TO coupon_keys_user;

COMMIT;

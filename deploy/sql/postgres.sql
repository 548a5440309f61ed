-- Onsale on PostgreSQL 15 and later: schemas, users, and the least privileges that each user needs.
--
-- Run it once as an administrator, in a database named "ticketing", after you have replaced the passwords:
--
--   createdb ticketing
--   psql --dbname ticketing --set ON_ERROR_STOP=1 --file postgres.sql
--
-- One user creates and changes tables. Then postgres-rights.sql (coupons) and postgres-user-rights.sql, postgres-catalog-rights.sql,
-- postgres-reservation-rights.sql and postgres-payment-rights.sql say what the others may do with each table: run those of the
-- services that you have after every `onsale migrate` that made one.
--
--   ONSALE__LEDGER__URL=postgres://onsale_migrate:PASSWORD@HOST/ticketing  onsale migrate
--   psql --dbname ticketing --set ON_ERROR_STOP=1 --file postgres-rights.sql
--   ONSALE__LEDGER__URL=postgres://coupon_keys_user:PASSWORD@HOST/ticketing onsale admin keys create --admin
--   ONSALE__LEDGER__URL=postgres://coupon_svc_user:PASSWORD@HOST/ticketing  onsale serve coupon gate issuer
--   ONSALE__LEDGER__URL=postgres://user_svc_user:PASSWORD@HOST/ticketing    onsale serve user
--   ONSALE__LEDGER__URL=postgres://event_svc_user:PASSWORD@HOST/ticketing   onsale serve catalog
--   ONSALE__LEDGER__URL=postgres://reservation_svc_user:PASSWORD@HOST/ticketing   onsale serve reservation
--   ONSALE__LEDGER__URL=postgres://payment_svc_user:PASSWORD@HOST/ticketing   onsale serve payment
--
-- (A small system does not need these files: with one user that owns its database, `onsale migrate` creates everything.)

-- Creates and changes tables, and does nothing else.
CREATE USER onsale_migrate PASSWORD 'change-me';

REVOKE ALL ON DATABASE ticketing FROM PUBLIC;
GRANT CONNECT ON DATABASE ticketing TO onsale_migrate;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- The outbox, and the record of processed messages: the same for all services.
CREATE SCHEMA common AUTHORIZATION onsale_migrate;

-- Service: coupon servers, gate servers and issuers, with one user.
-- A service reads and writes rows in its own schema and in the common one, and sees
-- no other. Another service gets this block again with its own names, at any time.
CREATE USER coupon_svc_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO coupon_svc_user;
CREATE SCHEMA coupon_service AUTHORIZATION onsale_migrate;
GRANT USAGE ON SCHEMA coupon_service, common TO coupon_svc_user;
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA coupon_service, common
    GRANT USAGE ON SEQUENCES TO coupon_svc_user;
-- Common sequences that another service's migration has already made.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO coupon_svc_user;
-- End of service.

-- Service: accounts.
CREATE USER user_svc_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO user_svc_user;
CREATE SCHEMA user_service AUTHORIZATION onsale_migrate;
GRANT USAGE ON SCHEMA user_service, common TO user_svc_user;
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA user_service, common
    GRANT USAGE ON SEQUENCES TO user_svc_user;
-- Common sequences that another service's migration has already made.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO user_svc_user;
-- End of service.

-- Service: the catalog.
CREATE USER event_svc_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO event_svc_user;
CREATE SCHEMA event_service AUTHORIZATION onsale_migrate;
GRANT USAGE ON SCHEMA event_service, common TO event_svc_user;
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA event_service, common
    GRANT USAGE ON SEQUENCES TO event_svc_user;
-- Common sequences that another service's migration has already made.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO event_svc_user;
-- End of service.

-- Service: reservations.
CREATE USER reservation_svc_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO reservation_svc_user;
CREATE SCHEMA reservation_service AUTHORIZATION onsale_migrate;
GRANT USAGE ON SCHEMA reservation_service, common TO reservation_svc_user;
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA reservation_service, common
    GRANT USAGE ON SEQUENCES TO reservation_svc_user;
-- Common sequences that another service's migration has already made.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO reservation_svc_user;
-- End of service.

-- Service: payments.
CREATE USER payment_svc_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO payment_svc_user;
CREATE SCHEMA payment_service AUTHORIZATION onsale_migrate;
GRANT USAGE ON SCHEMA payment_service, common TO payment_svc_user;
ALTER DEFAULT PRIVILEGES FOR USER onsale_migrate IN SCHEMA payment_service, common
    GRANT USAGE ON SEQUENCES TO payment_svc_user;
-- Common sequences that another service's migration has already made.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA common TO payment_svc_user;
-- End of service.

-- Makes and revokes API keys (`onsale admin`), and does nothing else. No server has its password: whoever takes over a
-- server makes no key.
CREATE USER coupon_keys_user PASSWORD 'change-me';
GRANT CONNECT ON DATABASE ticketing TO coupon_keys_user;
GRANT USAGE ON SCHEMA coupon_service TO coupon_keys_user;

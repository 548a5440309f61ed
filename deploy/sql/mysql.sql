-- Onsale on MariaDB 10.6 and later, or MySQL 8.0.16 and later: databases, users, and the least privileges that each user needs.
--
-- Run it once as an administrator, after you have replaced the passwords:
--
--   mysql < mysql.sql
--
-- One user creates and changes tables. Then mysql-rights.sql (coupons) and mysql-user-rights.sql, mysql-catalog-rights.sql,
-- mysql-reservation-rights.sql and mysql-payment-rights.sql say what the others may do with each table: run those of the
-- services that you have after every `onsale migrate` that made one. The URL contains the name of the service's own database; Onsale derives the name of
-- the shared database from it. Two systems on one server need a prefix before both names, for example
-- staging_coupon_service and staging_common.
--
--   ONSALE__LEDGER__URL=mysql://onsale_migrate:PASSWORD@HOST/coupon_service  onsale migrate
--   mysql < mysql-rights.sql
--   ONSALE__LEDGER__URL=mysql://coupon_keys_user:PASSWORD@HOST/coupon_service onsale admin keys create --admin
--   ONSALE__LEDGER__URL=mysql://coupon_svc_user:PASSWORD@HOST/coupon_service onsale serve coupon gate issuer
--   ONSALE__LEDGER__URL=mysql://user_svc_user:PASSWORD@HOST/user_service onsale serve user
--   ONSALE__LEDGER__URL=mysql://event_svc_user:PASSWORD@HOST/event_service onsale serve catalog
--   ONSALE__LEDGER__URL=mysql://reservation_svc_user:PASSWORD@HOST/reservation_service onsale serve reservation
--   ONSALE__LEDGER__URL=mysql://payment_svc_user:PASSWORD@HOST/payment_service onsale serve payment
--
-- (A small system does not need these files: with one user that has all privileges on one database of any other name,
-- `onsale migrate` creates everything there.)

-- The outbox, and the record of processed messages: the same for all services.
CREATE DATABASE common CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Creates and changes tables, and does nothing else.
CREATE USER 'onsale_migrate'@'%' IDENTIFIED BY 'change-me';
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON common.* TO 'onsale_migrate'@'%';

-- Service: coupon servers, gate servers and issuers, with one user.
-- A service reads and writes rows in its own database and in the common one, and
-- sees no other. Another service gets this block again with its own names, at any time.
CREATE DATABASE coupon_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON coupon_service.* TO 'onsale_migrate'@'%';
CREATE USER 'coupon_svc_user'@'%' IDENTIFIED BY 'change-me';
-- End of service.

-- Service: accounts.
CREATE DATABASE user_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON user_service.* TO 'onsale_migrate'@'%';
CREATE USER 'user_svc_user'@'%' IDENTIFIED BY 'change-me';
-- End of service.

-- Service: the catalog.
CREATE DATABASE event_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON event_service.* TO 'onsale_migrate'@'%';
CREATE USER 'event_svc_user'@'%' IDENTIFIED BY 'change-me';
-- End of service.

-- Service: reservations.
CREATE DATABASE reservation_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON reservation_service.* TO 'onsale_migrate'@'%';
CREATE USER 'reservation_svc_user'@'%' IDENTIFIED BY 'change-me';
-- End of service.

-- Service: payments.
CREATE DATABASE payment_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON payment_service.* TO 'onsale_migrate'@'%';
CREATE USER 'payment_svc_user'@'%' IDENTIFIED BY 'change-me';
-- End of service.

-- Makes and revokes API keys (`onsale admin`), and does nothing else. No server has its password: whoever takes over a
-- server makes no key.
CREATE USER 'coupon_keys_user'@'%' IDENTIFIED BY 'change-me';

-- Onsale on MariaDB 10.6 and later, or MySQL 8.0.16 and later: databases, users, and the least rights that each needs.
--
-- Run it once as an administrator, with passwords of your own:
--
--   mysql < mysql.sql
--
-- Tables are made and changed by one user, and read and written by another. The url names the service's own database;
-- the one that all services share is found beside it. Two systems on one server have a prefix before both names, as in
-- staging_coupon_service and staging_common.
--
--   ONSALE__LEDGER__URL=mysql://onsale_migrate:PASSWORD@HOST/coupon_service  onsale migrate
--   ONSALE__LEDGER__URL=mysql://coupon_svc_user:PASSWORD@HOST/coupon_service onsale serve coupon issuer
--
-- (A small system may do without this file: one user with all rights on one database of any other name makes all of it
-- there with `onsale migrate`.)

-- The outbox, and the record of processed messages: the same for all services.
CREATE DATABASE common CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Makes and changes tables, and does nothing else.
CREATE USER 'onsale_migrate'@'%' IDENTIFIED BY 'change-me';
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON common.* TO 'onsale_migrate'@'%';

-- Service: coupon servers and issuers. A service reads and writes rows in its own database and in the common one, and
-- sees no other. Another service gets this block again with its own names, at any time.
CREATE DATABASE coupon_service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
GRANT CREATE, ALTER, DROP, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE
    ON coupon_service.* TO 'onsale_migrate'@'%';
CREATE USER 'coupon_svc_user'@'%' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE, DELETE ON coupon_service.* TO 'coupon_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON common.* TO 'coupon_svc_user'@'%';
-- End of service.

-- What the servers of accounts (`onsale serve user`) may do with each table. Run it as an administrator after `onsale migrate`, at
-- first and after each version that makes tables; a second run changes nothing:
--
--   mysql < mysql-user-rights.sql

GRANT SELECT ON user_service.seaql_migrations TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON user_service.users TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON user_service.refresh_tokens TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, DELETE ON user_service.login_history TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON user_service.used_verifications TO 'user_svc_user'@'%';
GRANT SELECT, INSERT ON user_service.terms TO 'user_svc_user'@'%';
GRANT SELECT, INSERT ON user_service.consents TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON user_service.social_accounts TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON user_service.notices TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE ON user_service.consumer_places TO 'user_svc_user'@'%';
GRANT SELECT, INSERT ON user_service.audit_log TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON user_service.idempotency_keys TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON common.outbox_events TO 'user_svc_user'@'%';
GRANT SELECT, INSERT, DELETE ON common.processed_events TO 'user_svc_user'@'%';

-- The logins, when the database is made for the first time: the owner, who runs the migrations, and the one that workers,
-- auditors and commands use. What they may do is the migrations' business.
\set ON_ERROR_STOP on
\set owner_password `printf %s "$NEEDRECORD_OWNER_PASSWORD"`
\set app_password `printf %s "$NEEDRECORD_APP_PASSWORD"`
CREATE ROLE needrecord_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE needrecord_app LOGIN PASSWORD :'app_password';
CREATE DATABASE needrecord OWNER needrecord_owner;

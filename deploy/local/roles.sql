-- The login roles and the database, before any migration. Run by the cluster's superuser, as often as one likes.
-- The group roles (needrecord_worker and so on) and their privileges are the migrations' business.
\set ON_ERROR_STOP on
\set owner_password `printf %s "$NEEDRECORD_OWNER_PASSWORD"`
\set app_password `printf %s "$NEEDRECORD_APP_PASSWORD"`

-- Runs the migrations: creates the group roles, and a database for each integration test.
SELECT format('CREATE ROLE needrecord_owner LOGIN CREATEROLE CREATEDB PASSWORD %L', :'owner_password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'needrecord_owner') \gexec

-- What the services log in as. It may do what the group roles it is a member of may do, and nothing else.
SELECT format('CREATE ROLE needrecord_app LOGIN PASSWORD %L', :'app_password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'needrecord_app') \gexec

SELECT 'CREATE DATABASE needrecord OWNER needrecord_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'needrecord') \gexec

-- Who may do what in the database of a node. Run it as an administrator before the first `transfer migrate`, and again
-- after each: what a migration has added is then shared out too. It can be run as often as wanted.
--
--   transfer_owner    owns the tables and migrates; nothing runs as it between migrations
--   transfer          the service; of the ledger it may read and add, and nothing else
--   transfer_auditor  reads; without the keys, so names and texts stay closed to it
--
-- Their passwords, or other ways to sign in, are set by whoever runs the server.

DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['transfer_owner', 'transfer', 'transfer_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = one) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', one);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO transfer_owner;
GRANT USAGE ON SCHEMA public TO transfer, transfer_auditor;

DO $$
DECLARE
    one text;
BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO transfer_owner', one);
        EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, transfer, transfer_auditor', one);
        EXECUTE format('GRANT SELECT ON public.%I TO transfer, transfer_auditor', one);
        IF one LIKE 'ledger\_%' THEN
            EXECUTE format('GRANT INSERT ON public.%I TO transfer', one);
        ELSIF one NOT IN ('alembic_version', 'oldest_served') THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON public.%I TO transfer', one);
        END IF;
    END LOOP;
    -- What `transfer backup` copies beside the tables.
    GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO transfer;
    -- To erase is to destroy a key: the row stays, empty.
    IF to_regclass('public.ledger_keys') IS NOT NULL THEN
        REVOKE ALL ON public.ledger_keys FROM transfer_auditor;
        GRANT UPDATE (key) ON public.ledger_keys TO transfer;
    END IF;
END
$$;

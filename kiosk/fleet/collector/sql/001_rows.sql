-- The rows of all kiosks, by month; the kiosks; and the counts by hour.

CREATE TABLE kiosk (
    name text PRIMARY KEY,
    site text NOT NULL DEFAULT '',
    latitude double precision,
    longitude double precision,
    enrolled_at timestamptz,
    online boolean NOT NULL DEFAULT false,
    online_at timestamptz,
    state jsonb,
    state_at timestamptz,
    -- rows that the kiosk deleted by age or size before they were sent
    missing bigint NOT NULL DEFAULT 0
);

-- The order in which rows came in, over all collectors.
CREATE SEQUENCE arrival AS bigint CACHE 1;

-- 'at' is the kiosk's time of day; clock_sure is false if that may be wrong. The key begins with kiosk and at, so that it
-- also serves the questions about one kiosk's days.
CREATE TABLE journal_row (
    kiosk text NOT NULL,
    at timestamptz NOT NULL,
    boot uuid NOT NULL,
    seq bigint NOT NULL,
    id bigint NOT NULL,
    run bigint NOT NULL,
    app text NOT NULL,
    clock_sure boolean NOT NULL,
    at_s double precision NOT NULL,
    kind text NOT NULL,
    phase text NOT NULL,
    visit bigint,
    outcome text,
    reason text NOT NULL,
    scheme text NOT NULL,
    detail text NOT NULL,
    arrival bigint NOT NULL DEFAULT nextval('arrival'),
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kiosk, at, boot, seq)
) PARTITION BY RANGE (at);

-- Rows of months that no kiosk with a right clock can mean.
CREATE TABLE journal_row_other PARTITION OF journal_row DEFAULT;

-- Counts of rows by hour. Site is the one of the kiosk at the time.
CREATE TABLE hourly (
    kiosk text NOT NULL,
    hour timestamptz NOT NULL,
    site text NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (kiosk, hour, site, kind, outcome, reason)
);
CREATE INDEX hourly_hour ON hourly (hour);

CREATE TABLE alert (
    kiosk text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (kiosk, since)
);

-- Makes the partition of the month that begins at 'month' (UTC), unless it exists. Rows of this month that came early
-- move into it from journal_row_other.
CREATE FUNCTION make_month(month timestamp) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'journal_row_' || to_char(month, 'YYYYMM');
    first timestamptz := month AT TIME ZONE 'UTC';
    last timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('journal_row'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE journal_row_other IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE journal_row INCLUDING ALL)', name);
    EXECUTE format('WITH early AS (DELETE FROM journal_row_other WHERE at >= %L AND at < %L RETURNING *)'
        ' INSERT INTO %I SELECT * FROM early', first, last, name);
    EXECUTE format('ALTER TABLE journal_row ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, first, last);
END $$;

-- Drops the partitions of the months before 'month', and the other rows and counts that are older.
CREATE FUNCTION drop_before(month timestamp) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'journal_row'::regclass AND c.relname ~ '^journal_row_[0-9]{6}$'
            AND c.relname < 'journal_row_' || to_char(month, 'YYYYMM')
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM journal_row_other WHERE received_at < month AT TIME ZONE 'UTC';
    DELETE FROM hourly WHERE hour < month AT TIME ZONE 'UTC';
    DELETE FROM alert WHERE ended_at < month AT TIME ZONE 'UTC';
    RETURN dropped;
END $$;

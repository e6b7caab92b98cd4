-- What was refused of each kiosk, and the number of rows that it may still send.

-- A name need not be that of an enrolled kiosk.
CREATE TABLE refusal (
    kiosk text PRIMARY KEY,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    messages bigint NOT NULL
);

-- 'rows' held at the time 'at'; see kiosk/fleet/collector/row_limit.py.
CREATE TABLE row_allowance (
    kiosk text PRIMARY KEY,
    rows double precision NOT NULL,
    at timestamptz NOT NULL
);

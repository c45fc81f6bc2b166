-- The projection of the journal for people. It may be dropped and rebuilt at any time (`python -m ledger rebuild`).
-- Every statement may run again. Amounts are exact NUMERICs, in dollars or shares; instants are UTC.
-- Tables hold facts, each row under a key of its own; whatever can be worked out from them is a view, so that no figure
-- is kept twice.

CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY);

-- How far the journal is stored. `rebuilding` is true from the drop to the end of a rebuild; the service waits meanwhile.
CREATE TABLE IF NOT EXISTS journal_position (
    stream text PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    stored_at timestamptz,
    rebuilding boolean NOT NULL DEFAULT false
);

-- The audit trail: every event as it was said. Nothing updates or deletes it.
CREATE TABLE IF NOT EXISTS events (
    sequence bigint PRIMARY KEY,
    subject text NOT NULL,
    type text NOT NULL,
    event_id text NOT NULL,
    stored_at timestamptz NOT NULL,
    event jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS events_type ON events (type, sequence);

-- What could not be projected, and why. `payload` is text, for it may be what jsonb refuses.
CREATE TABLE IF NOT EXISTS refused (
    sequence bigint PRIMARY KEY,
    subject text NOT NULL,
    type text NOT NULL,
    event_id text NOT NULL,
    error text NOT NULL,
    payload text NOT NULL
);

CREATE TABLE IF NOT EXISTS opportunities (
    opportunity_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    strategy text NOT NULL,
    venue text NOT NULL,
    market_id text NOT NULL,
    slug text NOT NULL,
    symbol text NOT NULL,
    token_id text NOT NULL,
    outcome text NOT NULL,
    side text NOT NULL,
    fair_value numeric NOT NULL,
    uncertainty numeric NOT NULL,
    limit_price numeric NOT NULL,
    quantity numeric NOT NULL,
    average_price numeric NOT NULL,
    gross_edge numeric NOT NULL,
    fee_per_share numeric NOT NULL,
    margin numeric NOT NULL,
    net_edge numeric NOT NULL,
    underlying_price numeric NOT NULL,
    strike numeric NOT NULL,
    sigma numeric NOT NULL,
    seconds_left numeric NOT NULL,
    model text NOT NULL,
    ends_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS opportunities_found_at ON opportunities (found_at);
CREATE INDEX IF NOT EXISTS opportunities_market ON opportunities (market_id);

-- Every opportunity's answer: approved with the order's figures, or denied with the rule and its figures.
CREATE TABLE IF NOT EXISTS decisions (
    decision_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    opportunity_id text NOT NULL,
    result text NOT NULL CHECK (result IN ('approved', 'denied')),
    strategy text NOT NULL,
    market_id text NOT NULL,
    slug text NOT NULL,
    outcome text NOT NULL,
    order_id text,
    rule text,
    detail text,
    limit_price numeric,
    quantity numeric,
    cost_max numeric,
    fair_value numeric,
    expected_edge numeric,
    expected_fee numeric,
    limits_version text NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_decided_at ON decisions (decided_at);
CREATE INDEX IF NOT EXISTS decisions_rule ON decisions (rule);

-- One row an order, from its approval; `mode` is known when the executor has spoken of it. The columns of the approval are
-- empty when the journal no longer holds it.
CREATE TABLE IF NOT EXISTS orders (
    order_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    request_id text,
    opportunity_id text NOT NULL,
    strategy text,
    venue text,
    market_id text NOT NULL,
    slug text,
    symbol text,
    token_id text NOT NULL,
    outcome text,
    side text,
    order_type text,
    limit_price numeric,
    quantity numeric,
    expected_edge numeric,
    expected_fee numeric,
    protocol_version text,
    is_neg_risk boolean,
    post_only boolean,
    fencing_token bigint,
    expires_at timestamptz,
    received_at timestamptz,
    created_at timestamptz NOT NULL,
    mode text CHECK (mode IN ('paper', 'live')),
    status text NOT NULL DEFAULT 'approved',
    status_sequence bigint NOT NULL DEFAULT 0,
    status_at timestamptz,
    error_message text,
    venue_order_id text
);
CREATE INDEX IF NOT EXISTS orders_created_at ON orders (created_at);
CREATE INDEX IF NOT EXISTS orders_market ON orders (market_id);
CREATE INDEX IF NOT EXISTS orders_status ON orders (status);

-- The status over time. `code` is the rule or the venue's word for a refusal, and for an accepted order how the venue has it
-- (live, delayed, matched).
CREATE TABLE IF NOT EXISTS order_states (
    sequence bigint PRIMARY KEY,
    event_id text NOT NULL,
    order_id text NOT NULL,
    market_id text NOT NULL,
    mode text NOT NULL,
    status text NOT NULL,
    code text,
    detail text,
    filled numeric,
    at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS order_states_order ON order_states (order_id, sequence);

-- One row a fill. The first of confirmed and failed is final; a failed one is void and counts nowhere. One without a price
-- is known only by its status yet.
CREATE TABLE IF NOT EXISTS fills (
    fill_id text PRIMARY KEY,
    sequence bigint,
    order_id text NOT NULL,
    market_id text NOT NULL,
    token_id text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('paper', 'live')),
    slug text,
    strategy text,
    outcome text,
    side text,
    price numeric,
    quantity numeric,
    fee numeric,
    liquidity text,
    matched_at timestamptz,
    status text NOT NULL DEFAULT 'matched' CHECK (status IN ('matched', 'confirmed', 'failed')),
    status_sequence bigint,
    status_at timestamptz,
    reason text
);
CREATE INDEX IF NOT EXISTS fills_order ON fills (order_id);
CREATE INDEX IF NOT EXISTS fills_market ON fills (market_id, mode);

CREATE TABLE IF NOT EXISTS settlements (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    market_id text NOT NULL,
    slug text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('paper', 'live')),
    winner text NOT NULL,
    up_shares numeric NOT NULL,
    down_shares numeric NOT NULL,
    cost numeric NOT NULL,
    fees numeric NOT NULL,
    payout numeric NOT NULL,
    pnl numeric NOT NULL,
    settled_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS settlements_market ON settlements (market_id, mode);
CREATE INDEX IF NOT EXISTS settlements_settled_at ON settlements (settled_at);

-- What a settled market owed, once it was paid out: by the venue itself, or because the executor asked.
CREATE TABLE IF NOT EXISTS redemptions (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    market_id text NOT NULL,
    slug text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('paper', 'live')),
    payout numeric NOT NULL,
    redeemed_by text NOT NULL CHECK (redeemed_by IN ('venue', 'executor')),
    redeemed_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS redemptions_market ON redemptions (market_id, mode);

-- The last state of each minute; the one with the highest sequence is the latest of all.
CREATE TABLE IF NOT EXISTS risk_states (
    minute_at timestamptz PRIMARY KEY,
    sequence bigint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    equity numeric NOT NULL,
    cash numeric NOT NULL,
    high_water_mark numeric NOT NULL,
    realised_today numeric NOT NULL,
    day date NOT NULL,
    at_risk numeric NOT NULL,
    open_orders integer NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS risk_states_sequence ON risk_states (sequence);

CREATE TABLE IF NOT EXISTS halts (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    change text NOT NULL CHECK (change IN ('halted', 'resumed')),
    rule text,
    reason text NOT NULL,
    at timestamptz NOT NULL
);

-- Which replica of risk and executor was the active one, from when on. Tokens only grow.
CREATE TABLE IF NOT EXISTS leases (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    service text NOT NULL CHECK (service IN ('risk', 'executor')),
    holder text NOT NULL,
    token bigint NOT NULL,
    acquired_at timestamptz NOT NULL
);

-- The executor's book held against the venue's, and each thing in which they differed. Nothing follows from an incomplete one.
CREATE TABLE IF NOT EXISTS reconciliations (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    mode text NOT NULL CHECK (mode IN ('paper', 'live')),
    verdict text NOT NULL CHECK (verdict IN ('agreed', 'differs', 'incomplete')),
    severity text NOT NULL CHECK (severity IN ('none', 'warn', 'reduce', 'halt')),
    detail text NOT NULL,
    open_orders integer NOT NULL,
    tokens integer NOT NULL,
    collateral numeric,
    baseline numeric,
    wallet text NOT NULL,
    signature_type integer NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS reconciliations_sequence ON reconciliations (sequence);
CREATE TABLE IF NOT EXISTS discrepancies (
    reconciliation_id text NOT NULL,
    number integer NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    expected text NOT NULL,
    found text NOT NULL,
    usd numeric NOT NULL,
    severity text NOT NULL CHECK (severity IN ('warn', 'reduce', 'halt')),
    at timestamptz NOT NULL,
    PRIMARY KEY (reconciliation_id, number)
);

-- What kept the executor's orders from leaving, from then on; empty when nothing did.
CREATE TABLE IF NOT EXISTS executor_states (
    event_id text PRIMARY KEY,
    sequence bigint NOT NULL,
    mode text NOT NULL CHECK (mode IN ('paper', 'live')),
    halted_by text[] NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS executor_states_sequence ON executor_states (sequence);

-- One row an approved order that the executor has spoken of, with what it got and what came of it. `requested_amount` and
-- `filled_amount` are dollars before fees, `quantity` is shares got, `entry_price` and `fill_price` the average paid. `pnl`
-- is there once the market is settled, after fees; what an order sold counts as received.
CREATE OR REPLACE VIEW trades AS
SELECT
    o.sequence AS id,
    o.order_id AS trade_id,
    o.request_id,
    o.opportunity_id,
    CASE WHEN o.strategy LIKE 'oracle-%' THEN 'oracle_lag' ELSE o.strategy END AS opportunity_type,
    o.market_id,
    o.token_id,
    o.side,
    o.outcome,
    o.limit_price * o.quantity AS requested_amount,
    o.limit_price AS max_price,
    o.expected_edge,
    o.expected_fee,
    f.notional AS filled_amount,
    f.notional / NULLIF(f.quantity, 0) AS fill_price,
    o.venue_order_id AS order_id,
    CASE
        WHEN o.status IN ('refused', 'rejected') THEN 'failed'
        WHEN o.status = 'filled' AND f.quantity > 0 THEN 'filled'
        WHEN f.quantity > 0 THEN 'partial'
        WHEN f.voided > 0 THEN 'failed'
        WHEN o.status IN ('cancelled', 'expired') THEN 'cancelled'
        ELSE 'pending'
    END AS status,
    COALESCE(o.error_message, f.void_reason) AS error_message,
    o.created_at,
    f.filled_at,
    o.strategy,
    f.notional / NULLIF(f.quantity, 0) AS entry_price,
    f.quantity,
    f.fee,
    CASE WHEN f.quantity > 0 THEN
        CASE o.side
            WHEN 'BUY' THEN (CASE WHEN s.winner = o.outcome THEN f.quantity ELSE 0 END) - f.notional - f.fee
            WHEN 'SELL' THEN f.notional - f.fee - (CASE WHEN s.winner = o.outcome THEN f.quantity ELSE 0 END)
        END
        * CASE WHEN s.winner IS NOT NULL THEN 1 END
    END AS pnl,
    o.slug,
    o.mode
FROM orders AS o
CROSS JOIN LATERAL (
    SELECT
        COALESCE(sum(quantity) FILTER (WHERE status <> 'failed'), 0) AS quantity,
        COALESCE(sum(price * quantity) FILTER (WHERE status <> 'failed'), 0) AS notional,
        COALESCE(sum(fee) FILTER (WHERE status <> 'failed'), 0) AS fee,
        max(matched_at) FILTER (WHERE status <> 'failed') AS filled_at,
        count(*) FILTER (WHERE status = 'failed') AS voided,
        max(reason) FILTER (WHERE status = 'failed') AS void_reason
    FROM fills WHERE fills.order_id = o.order_id
) AS f
LEFT JOIN LATERAL (
    SELECT winner FROM settlements
    WHERE settlements.market_id = o.market_id AND settlements.mode = o.mode
    ORDER BY sequence LIMIT 1
) AS s ON true
-- What nobody here placed is in `fills` and `positions`, and is no trade of ours.
WHERE o.mode IS NOT NULL AND o.order_id NOT LIKE 'adopted-%';

CREATE OR REPLACE VIEW paper_trades AS SELECT * FROM trades WHERE mode = 'paper';
CREATE OR REPLACE VIEW live_trades AS SELECT * FROM trades WHERE mode = 'live';

-- One row a market that we hold or held, worked out from the fills that stand and the official outcome, so that a fill that
-- came or was voided after the settlement counts as it should. `cost` is that of the shares held, at their average; `pnl`
-- is payout and proceeds of sales less what was spent and all fees. `stated_pnl` is what the settlement itself said.
CREATE OR REPLACE VIEW positions AS
WITH held AS (
    SELECT
        market_id,
        mode,
        outcome,
        max(slug) AS slug,
        COALESCE(sum(quantity) FILTER (WHERE side = 'BUY'), 0) AS bought,
        COALESCE(sum(quantity) FILTER (WHERE side = 'SELL'), 0) AS sold,
        COALESCE(sum(price * quantity) FILTER (WHERE side = 'BUY'), 0) AS spent,
        COALESCE(sum(price * quantity) FILTER (WHERE side = 'SELL'), 0) AS proceeds,
        sum(fee) AS fees,
        min(matched_at) AS opened_at
    FROM fills
    WHERE status <> 'failed' AND price IS NOT NULL
    GROUP BY market_id, mode, outcome
),
filled AS (
    SELECT
        market_id,
        mode,
        max(slug) AS slug,
        COALESCE(sum(bought - sold) FILTER (WHERE outcome = 'Up'), 0) AS up_shares,
        COALESCE(sum(bought - sold) FILTER (WHERE outcome = 'Down'), 0) AS down_shares,
        sum(CASE WHEN sold = 0 OR bought = 0 THEN spent ELSE spent * (bought - sold) / bought END) AS cost,
        sum(fees) AS fees,
        sum(proceeds - spent) AS cash,
        min(opened_at) AS opened_at
    FROM held
    GROUP BY market_id, mode
),
settled AS (
    SELECT
        market_id,
        mode,
        max(slug) AS slug,
        max(winner) AS winner,
        sum(up_shares) AS up_shares,
        sum(down_shares) AS down_shares,
        sum(cost) AS cost,
        sum(fees) AS fees,
        sum(payout) AS payout,
        sum(pnl) AS pnl,
        min(settled_at) AS settled_at
    FROM settlements
    GROUP BY market_id, mode
),
paid AS (
    SELECT
        filled.*,
        CASE settled.winner WHEN 'Up' THEN filled.up_shares WHEN 'Down' THEN filled.down_shares END AS payout
    FROM filled
    LEFT JOIN settled USING (market_id, mode)
)
SELECT
    market_id,
    mode,
    COALESCE(p.slug, s.slug) AS slug,
    CASE WHEN s.winner IS NULL THEN 'open' ELSE 'settled' END AS status,
    COALESCE(p.up_shares, s.up_shares) AS up_shares,
    COALESCE(p.down_shares, s.down_shares) AS down_shares,
    COALESCE(p.cost, s.cost) AS cost,
    COALESCE(p.fees, s.fees) AS fees,
    COALESCE(p.payout, s.payout) AS payout,
    COALESCE(p.payout + p.cash - p.fees, s.pnl) AS pnl,
    s.pnl AS stated_pnl,
    s.winner,
    p.opened_at,
    s.settled_at
FROM paid AS p
FULL JOIN settled AS s USING (market_id, mode);

-- What was earned each UTC day, by the markets settled on it.
CREATE OR REPLACE VIEW daily_pnl AS
SELECT
    (settled_at AT TIME ZONE 'UTC')::date AS day,
    mode,
    count(*) AS settled,
    count(*) FILTER (WHERE pnl > 0) AS won,
    sum(cost) AS cost,
    sum(fees) AS fees,
    sum(payout) AS payout,
    sum(pnl) AS pnl
FROM positions
WHERE status = 'settled'
GROUP BY 1, 2;

CREATE OR REPLACE VIEW risk_state_latest AS SELECT * FROM risk_states ORDER BY sequence DESC LIMIT 1;

CREATE OR REPLACE VIEW reconciliation_latest AS SELECT * FROM reconciliations ORDER BY sequence DESC LIMIT 1;

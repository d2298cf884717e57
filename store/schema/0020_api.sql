-- What one-stop systems integrate with: their own data about a payment, lists of their payments, and
-- webhooks. A webhook's event is written in the transaction of what happened.
CREATE TABLE order_metadata (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    metadata_json TEXT NOT NULL, -- object of texts, as the client sent it
    PRIMARY KEY (agency_id, order_id)
);
CREATE INDEX orders_by_client ON orders (client_id, created_ms, id);

CREATE TABLE webhook_endpoint (
    id TEXT NOT NULL PRIMARY KEY, -- "whe_" and a sortable id
    client_id TEXT NOT NULL, -- whose
    url TEXT NOT NULL, -- where events are posted
    events TEXT NOT NULL, -- which types, space-separated; empty: all
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
    secret_sealed BYTEA NOT NULL, -- the secret that signs
    old_secret_sealed BYTEA NOT NULL, -- the one before, signs too until it is over; or empty
    old_until_ms BIGINT NOT NULL, -- when that is, 0 none
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL, -- last change
    version BIGINT NOT NULL -- counts its changes
);
CREATE INDEX webhook_endpoint_by_client ON webhook_endpoint (client_id, created_ms, id);

-- One event for one endpoint. What is posted is made of these columns only.
CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY, -- "whd_" and a sortable id
    endpoint_id TEXT NOT NULL, -- where it goes
    client_id TEXT NOT NULL, -- whose, so that a list needs no join
    agency_id TEXT NOT NULL, -- of what it is about
    event_id TEXT NOT NULL, -- "evt_" and a sortable id: the same for each endpoint
    type TEXT NOT NULL, -- payment.paid ...: see payments/webhook.def
    resource TEXT NOT NULL, -- payment, refund or receipt
    resource_id TEXT NOT NULL, -- its id
    state TEXT NOT NULL CHECK (state IN ('waiting', 'succeeded', 'failed', 'will_not_send')),
    tries BIGINT NOT NULL, -- attempts so far
    by_hand BIGINT NOT NULL, -- 1: the next one was asked for by hand
    due_ms BIGINT NOT NULL, -- not before; the end of the lease while it is being sent
    created_ms BIGINT NOT NULL, -- when it happened
    done_ms BIGINT NOT NULL, -- when it came to an end, 0 not yet
    drop_ms BIGINT NOT NULL -- when the row may go, 0 not yet
);
CREATE INDEX webhook_delivery_by_due ON webhook_delivery (due_ms) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_by_client ON webhook_delivery (client_id, created_ms, id);
CREATE INDEX webhook_delivery_by_time ON webhook_delivery (created_ms, id);
CREATE INDEX webhook_delivery_by_endpoint ON webhook_delivery (endpoint_id, due_ms);
CREATE INDEX webhook_delivery_by_drop ON webhook_delivery (drop_ms) WHERE drop_ms > 0;

-- Each sending of a delivery. Bodies are never kept, neither what was sent nor what was answered.
CREATE TABLE webhook_attempt (
    delivery_id TEXT NOT NULL REFERENCES webhook_delivery (id) ON DELETE CASCADE,
    n BIGINT NOT NULL, -- from 1
    at_ms BIGINT NOT NULL, -- when
    took_ms BIGINT NOT NULL, -- how long
    status BIGINT NOT NULL, -- HTTP status, 0 no answer
    failure TEXT NOT NULL, -- name of the error, or empty
    by_hand BIGINT NOT NULL, -- 1: somebody asked for it
    PRIMARY KEY (delivery_id, n)
);

-- Grounds that were lost are few; mandates stay for ever. What such a ground left standing is looked
-- for every second, so by these.
CREATE INDEX representation_by_end ON representation (ended_ms) WHERE ended_ms IS NOT NULL;

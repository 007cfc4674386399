-- What the nightly look found of the topics of webhooks, as JSON: what Shopify lists and when each was last heard of. Of the kind nightly only.

ALTER TABLE order_readings ADD topics $text_max$ NULL;

-- What a delivery is held to beside its signature: the platform's own number of the store, and when its event happened.

ALTER TABLE stores ADD platform_id nvarchar(60) $exact$ NULL;

ALTER TABLE deliveries ADD triggered_at bigint NULL;

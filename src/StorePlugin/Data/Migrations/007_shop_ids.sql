-- What a delivery is held to beside its signature: the platform's own number of a store.

ALTER TABLE stores ADD platform_id nvarchar(60) $exact$ NULL;

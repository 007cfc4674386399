-- A click that an order names stays for good: whenever the order changes it is decided again, and must find the same click.

ALTER TABLE clicks ADD used_at bigint NULL;

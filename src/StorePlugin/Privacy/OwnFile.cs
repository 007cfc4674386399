// The file that an ambassador takes of their own data: the same parts that a data request tells of an ambassador, and the orders they were credited with.
using System.Globalization;
using System.Text.Json;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <summary>Everything that is held about one ambassador of a store. Instants are UTC.</summary>
/// <param name="Ambassador">Once for each campaign in which they take part.</param>
/// <param name="Orders">Of shoppers nothing is in it (rule K6).</param>
internal sealed record OwnFile(
    string About, DateTimeOffset GatheredAt, FilePart<FileAmbassador> Ambassador, FilePart<FileCreditedOrder> Orders, FilePart<FileApplication> Applications, FilePart<FileMail> Mail)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PrivacyJson.Default.OwnFile);
}

/// <param name="Commission">What it came to for them.</param>
internal sealed record FileCreditedOrder(string Order, DateTimeOffset? PlacedAt, string Status, Amount? NetSales, Amount? Commission, string? Why);

internal sealed class OwnFiles(Db db, StoreKeys keys, TimeProvider clock)
{
    private const string ReadPerson = "SELECT email, person_hash FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId AND email <> ''";

    private const string CountOrders =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM ambassadors a JOIN orders o ON o.store_id = a.store_id AND o.ambassador_id = a.id
        WHERE a.store_id = @storeId AND a.person_hash = @personHash AND a.email <> ''
        """;

    private const string ReadOrders =
        """
        SELECT o.order_id, o.reference, o.at, o.state, o.currency, o.net_minor, o.commission_minor, o.reason
        FROM ambassadors a JOIN orders o ON o.store_id = a.store_id AND o.ambassador_id = a.id
        WHERE a.store_id = @storeId AND a.person_hash = @personHash AND a.email <> ''
        ORDER BY o.at DESC, o.order_id DESC
        """;

    /// <summary>The file; null where the ambassador is erased.</summary>
    public Task<OwnFile?> GatherAsync(Store store, string ambassadorId, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            if (await tx.OneAsync<Person>(ReadPerson, new { storeId = store.Id, ambassadorId }) is not { } person)
            {
                return null;
            }

            string[] hashes = [person.PersonHash];
            var args = new { storeId = store.Id, personHash = person.PersonHash, take = (long)PersonReader.OrdersMax };
            var count = await tx.OneAsync<long>(CountOrders, args);
            var about =
                "This is what the referral programme of this store holds about you. The orders are those that you were credited with; who bought is not told, and not known here by name. "
                + "Where your money goes is kept encrypted and shortened here.";
            if (count > PersonReader.OrdersMax)
            {
                about += string.Create(CultureInfo.InvariantCulture, $" Of {count} orders this file lists the newest {PersonReader.OrdersMax}; ask the store for the others.");
            }

            return new OwnFile(
                about,
                clock.GetUtcNow(),
                new FilePart<FileAmbassador>(
                    "You as an ambassador of the store, once for each campaign, with all that you have said and written", await PersonReader.AmbassadorsAsync(tx, keys, store, hashes)),
                new FilePart<FileCreditedOrder>("Orders that you were credited with, the newest first", [.. (await tx.ManyAsync<OrderRow>($"{ReadOrders} {db.Page}", args)).Select(Show)]),
                new FilePart<FileApplication>("What you wrote when you asked to become an ambassador", await PersonReader.ApplicationsAsync(tx, store, person.Email)),
                new FilePart<FileMail>("Invitations to you, and whether mail to you is kept back", await PersonReader.MailAsync(tx, store, hashes)));
        },
        cancel: cancel);

    private static FileCreditedOrder Show(OrderRow row) => new(
        row.Reference ?? row.OrderId, row.At, row.State, row.Currency is null ? null : new Amount(row.NetMinor, row.Currency),
        row.Currency is null ? null : new Amount(row.CommissionMinor, row.Currency), row.Reason);

    private sealed record Person(string Email, string PersonHash)
    {
        public override string ToString() => nameof(Person);
    }

    private sealed record OrderRow(string OrderId, string? Reference, DateTimeOffset? At, string State, string? Currency, long NetMinor, long CommissionMinor, string? Reason);
}

// Who stands on a document: the particulars of one side, sealed, in rows that never change.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>The particulars of one side, in full. They live in memory and sealed only.</summary>
/// <param name="Country">ISO 3166, two letters.</param>
/// <param name="Address">Lines parted by <c>\n</c>.</param>
/// <param name="VatId">The VAT identification number, where there is one.</param>
/// <param name="TaxNumber">The number with the tax office, where there is one.</param>
internal sealed record BillParty(string Name, string Address, string Country, string? VatId, string? TaxNumber)
{
    public const int NameLengthMax = 120;
    public const int AddressLengthMax = 400;
    public const int NumberLengthMax = 30;

    private const int MaskedEnd = 3;

    /// <summary>The end of the number by which the tax office knows them, enough to know it again; null where there is none.</summary>
    [JsonIgnore]
    public string? MaskedId => (VatId ?? TaxNumber) is { } id ? $"···{(id.Length > 2 * MaskedEnd ? id[^MaskedEnd..] : "")}" : null;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PartyJson.Default.BillParty);

    public static BillParty FromJson(byte[] json) =>
        JsonSerializer.Deserialize(json, PartyJson.Default.BillParty) ?? throw new JsonException("The particulars are empty.");

    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(BillParty);
}

/// <summary>A row of <c>self_bill_parties</c>, sealed before the transaction that writes it.</summary>
/// <param name="AmbassadorId">Empty for the merchant.</param>
internal sealed record BillPartyRow(
    string StoreId, string Id, string AmbassadorId, string Country, string NumberPrefix, byte[] Sealed, DateTimeOffset MadeAt, string MadeBy)
{
    /// <summary>Says nothing but its id.</summary>
    public override string ToString() => Id;
}

/// <summary>Seals particulars, writes them and opens them.</summary>
internal sealed class BillParties(Db db, IDataProtectionProvider protection)
{
    /// <summary>What the merchant's row names in place of an ambassador.</summary>
    public const string Merchant = "";

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Payouts.SelfBilling");

    private const string Insert =
        """
        INSERT INTO self_bill_parties (store_id, id, ambassador_id, country, number_prefix, sealed, made_at, made_by)
        VALUES (@StoreId, @Id, @AmbassadorId, @Country, @NumberPrefix, @Sealed, @MadeAt, @MadeBy)
        """;

    /// <summary>A new row. It is sealed here, before any transaction: that may have to write a key of the ring, and would wait for itself.</summary>
    public BillPartyRow Seal(string storeId, string ambassadorId, BillParty party, string numberPrefix, DateTimeOffset now, string actor)
    {
        var id = Ids.New("sbp", now);
        return new BillPartyRow(storeId, id, ambassadorId, party.Country, numberPrefix, ProtectorOf(storeId, id).Protect(party.ToJson()), now, actor);
    }

    public static Task<int> WriteAsync(Tx tx, BillPartyRow row) => tx.DoAsync(Insert, row);

    private const string DropUnused =
        """
        DELETE FROM self_bill_parties
        WHERE store_id = @storeId AND id = @id
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = @storeId AND p.ambassador_id = @ambassadorId AND p.bill_payee_id = self_bill_parties.id)
        """;

    /// <summary>Drops particulars of a payee that no payout was made with; nothing may refer to them any more.</summary>
    public static Task<int> DropUnusedAsync(Tx tx, string storeId, string ambassadorId, string id) => tx.DoAsync(DropUnused, new { storeId, ambassadorId, id });

    private const string Read = "SELECT sealed FROM self_bill_parties WHERE store_id = @storeId AND id = @id";

    /// <summary>The particulars of a row, in full.</summary>
    public async Task<BillParty> OpenAsync(string storeId, string id, CancellationToken cancel) =>
        BillParty.FromJson(ProtectorOf(storeId, id).Unprotect(
            await db.OneAsync<byte[]>(Read, new { storeId, id }, cancel) ?? throw new InvalidOperationException($"There are no particulars {id}.")));

    // What is sealed for one row opens for no other, so that rows cannot be exchanged.
    private IDataProtector ProtectorOf(string storeId, string id) => _protector.CreateProtector(storeId, id);
}

[JsonSerializable(typeof(BillParty))]
internal sealed partial class PartyJson : JsonSerializerContext;

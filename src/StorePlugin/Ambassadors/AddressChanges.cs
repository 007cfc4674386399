// Changes of ambassadors' e-mail addresses: asked for, confirmed from the address of before and the one to come, and made for all that is theirs.
using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>The address of before, and the one that is to come.</summary>
internal sealed record AddressPair(string Old, string New)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(AddressPair);

    /// <summary>Enough of an address to know it again.</summary>
    public static string Mask(string email) => $"{email.EnumerateRunes().First()}···{email[email.LastIndexOf('@')..]}";
}

/// <param name="PersonHash">Of the address of before (rule F8).</param>
/// <param name="AddressHash">Of the address that is to come.</param>
/// <param name="Addresses">Null once they have gone.</param>
/// <param name="State"><c>open</c>, <c>applied</c>, <c>refused</c> or <c>replaced</c>.</param>
/// <param name="WaivedReason">Why a person of the store stands in for the address of before; null where that has to confirm.</param>
internal sealed record AddressChange(
    string Id, string AmbassadorId, string PersonHash, string AddressHash, AddressPair? Addresses, string State, DateTimeOffset AskedAt, string AskedBy,
    string? WaivedReason, DateTimeOffset ExpiresAt, DateTimeOffset? ConfirmedOldAt, DateTimeOffset? ConfirmedNewAt, DateTimeOffset? SettledAt)
{
    public bool IsConfirmed => ConfirmedNewAt is not null && (ConfirmedOldAt is not null || WaivedReason is not null);
}

/// <summary>What came of asking for a change.</summary>
internal abstract record AddressAsk
{
    internal sealed record Asked(AddressChange Change) : AddressAsk;

    internal sealed record AmbassadorUnknown : AddressAsk;

    /// <summary>It is their address.</summary>
    internal sealed record Same : AddressAsk;

    /// <summary>Another ambassador of one of their campaigns has it.</summary>
    internal sealed record Taken : AddressAsk;

    /// <summary>As many changes were asked for within a day as may be.</summary>
    internal sealed record TooMany : AddressAsk;
}

/// <summary>What came of a word about a change.</summary>
internal enum AddressStep
{
    /// <summary>The other address has not confirmed yet.</summary>
    Noted,

    /// <summary>The address is another one now.</summary>
    Applied,

    /// <summary>Nothing is changed.</summary>
    Refused,

    /// <summary>It was changed already, and nothing is paid until a person of the store has looked.</summary>
    Held,

    /// <summary>It was said before, another change was asked for since, or the change has had its time.</summary>
    Settled,

    /// <summary>Another ambassador of one of their campaigns has the address by now.</summary>
    Taken,
}

/// <summary>
/// The table <c>address_changes</c>. A person may be an ambassador of several campaigns of a store: all of them have one address, and
/// change together.
/// </summary>
internal sealed partial class AddressChanges(Db db, StoreKeys keys, IDataProtectionProvider protection, TimeProvider clock, ILogger<AddressChanges> logger)
{
    /// <summary>How long both addresses have to confirm.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>What every change's id begins with.</summary>
    public const string IdPrefix = "adc";

    /// <summary>Each one sends a mail to an address that nobody has proved yet.</summary>
    public const int DayMax = 3;

    // A form that is sent twice asks once; whoever still waits for the mails after that asks for them again.
    private static readonly TimeSpan AskedOnceFor = TimeSpan.FromMinutes(1);

    private const string ChangedWhy = "The e-mail address was changed.";

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Ambassadors.AddressChanges");

    private const string ReadPerson = "SELECT email, person_hash FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId AND email <> ''";

    private const string HoldPerson = "UPDATE ambassadors SET state = state WHERE store_id = @storeId AND id = @ambassadorId AND person_hash = @personHash";

    private const string CountSince =
        "SELECT CAST(COUNT(*) AS bigint) FROM address_changes WHERE store_id = @storeId AND person_hash = @personHash AND asked_at > @since";

    private const string CountTaken =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM ambassadors a
        JOIN ambassadors o ON o.store_id = a.store_id AND o.campaign_id = a.campaign_id AND o.email_key = @emailKey AND o.person_hash <> @personHash
        WHERE a.store_id = @storeId AND a.person_hash = @personHash AND a.email <> ''
        """;

    private const string Replace =
        "UPDATE address_changes SET state = 'replaced', settled_at = @now WHERE store_id = @storeId AND person_hash = @personHash AND state = 'open'";

    private const string Insert =
        """
        INSERT INTO address_changes (store_id, id, ambassador_id, person_hash, address_hash, sealed, state, asked_at, asked_by, waived_reason, expires_at)
        VALUES (@storeId, @id, @ambassadorId, @personHash, @addressHash, @sealedPair, 'open', @now, @by, @waivedReason, @expiresAt)
        """;

    /// <summary>Asks both addresses by mail. What was asked before and is open is asked no longer.</summary>
    /// <param name="waivedReason">Why a person of the store stands in for the address of before; null: it has to confirm.</param>
    public async Task<AddressAsk> AskAsync(Store store, string ambassadorId, string email, string by, string? waivedReason, CancellationToken cancel)
    {
        if (await db.OneAsync<Person>(ReadPerson, new { storeId = store.Id, ambassadorId }, cancel) is not { } person)
        {
            return new AddressAsk.AmbassadorUnknown();
        }

        if (string.Equals(person.Email, email, StringComparison.OrdinalIgnoreCase))
        {
            return new AddressAsk.Same();
        }

        // Sealed before the transaction: it may have to write a key of the ring, and that waits behind whoever writes.
        var now = clock.GetUtcNow();
        var id = Ids.New(IdPrefix, now);
        var emailKey = PersonKey.OfEmail(email);
        var args = new
        {
            storeId = store.Id,
            id,
            ambassadorId,
            personHash = person.PersonHash,
            addressHash = keys.Hash(store, "email", emailKey),
            emailKey,
            sealedPair = Seal(store.Id, id, new AddressPair(person.Email, email)),
            by,
            waivedReason,
            now,
            since = now.AddDays(-1),
            expiresAt = now + Lifetime,
        };
        var answer = await db.InTransactionAsync<AddressAsk?>(
            async tx =>
            {
                if (await tx.DoAsync(HoldPerson, args) == 0)
                {
                    return new AddressAsk.AmbassadorUnknown();
                }

                if (await tx.OneAsync<long>(CountTaken, args) > 0)
                {
                    return new AddressAsk.Taken();
                }

                if (await tx.OneAsync<Row>(ReadOpen, args) is { } open && open.AddressHash == args.addressHash && open.WaivedReason == waivedReason && open.AskedAt > now - AskedOnceFor)
                {
                    return new AddressAsk.Asked(Opened(store, open));
                }

                if (await tx.OneAsync<long>(CountSince, args) >= DayMax)
                {
                    return new AddressAsk.TooMany();
                }

                await tx.DoAsync(Replace, args);
                await tx.DoAsync(Insert, args);
                await new MailNotice(MailNotice.AddressChangeOld, ambassadorId, Change: id).AddAsync(tx, store.Id, now);
                await new MailNotice(MailNotice.AddressChangeNew, ambassadorId, Change: id).AddAsync(tx, store.Id, now);
                return null;
            },
            cancel: cancel);
        if (answer is not null)
        {
            return answer;
        }

        Log.Asked(logger, id, store.Id, by);
        return new AddressAsk.Asked((await FindAsync(store, id, cancel))!);
    }

    private const string Columns =
        """
        SELECT id, ambassador_id, person_hash, address_hash, sealed, state, asked_at, asked_by, waived_reason, expires_at, confirmed_old_at, confirmed_new_at, settled_at
        FROM address_changes
        """;

    private const string ReadOne = Columns + " WHERE store_id = @storeId AND id = @id";

    private const string ReadMany = Columns + " WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND id > @after ORDER BY id ";

    private const string ReadOpen = Columns +
        """
         WHERE store_id = @storeId AND state = 'open' AND expires_at > @now
            AND person_hash IN (SELECT person_hash FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId)
        """;

    public async Task<AddressChange?> FindAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel) is { } row ? Opened(store, row) : null;

    /// <summary>What was asked for as this ambassador, oldest first.</summary>
    public async Task<IReadOnlyList<AddressChange>> ListAsync(Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel)).Select(row => Opened(store, row))];

    /// <summary>The change that waits for an address to confirm; null where none does.</summary>
    public async Task<AddressChange?> FindOpenAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        (await db.ManyAsync<Row>(ReadOpen, new { storeId = store.Id, ambassadorId, now = clock.GetUtcNow() }, cancel)) is [.., var row] ? Opened(store, row) : null;

    private const string ConfirmOld =
        "UPDATE address_changes SET confirmed_old_at = @now WHERE store_id = @storeId AND id = @id AND state = 'open' AND expires_at > @now";

    private const string ConfirmNew =
        "UPDATE address_changes SET confirmed_new_at = @now WHERE store_id = @storeId AND id = @id AND state = 'open' AND expires_at > @now";

    /// <summary>One of the addresses says yes; with the second one the change is made.</summary>
    public async Task<AddressStep> ConfirmAsync(ChangeLink link, CancellationToken cancel)
    {
        if (await FindAsync(link.Store, link.ChangeId, cancel) is not { Addresses: { } pair })
        {
            return AddressStep.Settled;
        }

        var args = new { storeId = link.Store.Id, id = link.ChangeId, now = clock.GetUtcNow() };
        try
        {
            return await db.InTransactionAsync(
                async tx =>
                {
                    if (await ChangeLinks.UseAsync(tx, link, args.now) == 0
                        || await tx.DoAsync(link.Purpose == ChangeLinks.AddressNew ? ConfirmNew : ConfirmOld, args) == 0)
                    {
                        return AddressStep.Settled;
                    }

                    var change = Unopened((await tx.OneAsync<Row>(ReadOne, args))!);
                    if (!change.IsConfirmed)
                    {
                        return AddressStep.Noted;
                    }

                    await ApplyAsync(tx, link.Store, change, pair, args.now);
                    return AddressStep.Applied;
                },
                cancel: cancel);
        }
        // Somebody has joined with the address since it was asked for. Nothing of the above was written.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return AddressStep.Taken;
        }
    }

    private const string ReadRows = "SELECT id FROM ambassadors WHERE store_id = @storeId AND person_hash = @personHash AND email <> '' ORDER BY id";

    private const string UpdateAddress =
        "UPDATE ambassadors SET email = @email, email_key = @emailKey, person_hash = @addressHash WHERE store_id = @storeId AND id = @ambassadorId";

    private const string InsertFormer =
        """
        INSERT INTO former_addresses (store_id, ambassador_id, person_hash, until_at)
        SELECT @storeId, @ambassadorId, @personHash, @now
        WHERE NOT EXISTS (SELECT 1 FROM former_addresses WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND person_hash = @personHash)
        """;

    private const string Settle = "UPDATE address_changes SET state = @state, settled_at = @now WHERE store_id = @storeId AND id = @id AND state = 'open'";

    private async Task ApplyAsync(Tx tx, Store store, AddressChange change, AddressPair pair, DateTimeOffset now)
    {
        var (personHash, addressHash) = (change.PersonHash, change.AddressHash);
        var made = new NewPayoutChange("", PayoutChangeKind.Address, AddressPair.Mask(pair.Old), AddressPair.Mask(pair.New), change.AskedBy);
        foreach (var ambassadorId in await tx.ManyAsync<string>(ReadRows, new { storeId = store.Id, personHash }))
        {
            await tx.DoAsync(UpdateAddress, new { storeId = store.Id, ambassadorId, email = pair.New, emailKey = PersonKey.OfEmail(pair.New), addressHash });
            if (personHash != addressHash)
            {
                await tx.DoAsync(InsertFormer, new { storeId = store.Id, ambassadorId, personHash, now });
            }

            await PayoutChanges.AddressAsync(tx, store.Id, made with { AmbassadorId = ambassadorId }, ChangedWhy, now);
            await SignIn.EndAllAsync(tx, store.Id, ambassadorId, now);
        }

        // What is known of the person by hash goes along: what they owe, the mails of these days, and what they want no mail of.
        await WriteOff.MoveAsync(tx, store.Id, personHash, addressHash);
        await Cadence.MoveAsync(tx, store.Id, personHash, addressHash);
        await Suppressions.MoveAsync(tx, store.Id, personHash, addressHash, now);
        await tx.DoAsync(Settle, new { storeId = store.Id, id = change.Id, state = "applied", now });
        await new MailNotice(MailNotice.AddressChanged, change.AmbassadorId, Change: change.Id).AddAsync(tx, store.Id, now);
        Log.Applied(logger, change.Id, store.Id, change.AskedBy);
    }

    private const string ReadMoved = "SELECT id FROM ambassadors WHERE store_id = @storeId AND person_hash = @addressHash ORDER BY id";

    /// <summary>The address of before says no. Once the change is made, it holds the payouts of whoever has the new address.</summary>
    public async Task<AddressStep> RefuseAsync(ChangeLink link, CancellationToken cancel)
    {
        if (await FindAsync(link.Store, link.ChangeId, cancel) is not { } change)
        {
            return AddressStep.Settled;
        }

        var args = new { storeId = link.Store.Id, id = change.Id, addressHash = change.AddressHash, now = clock.GetUtcNow() };
        var step = await db.InTransactionAsync(
            async tx =>
            {
                await ChangeLinks.UseAsync(tx, link, args.now);
                if (await tx.DoAsync(Settle, new { args.storeId, args.id, state = "refused", args.now }) == 1)
                {
                    return AddressStep.Refused;
                }

                var held = 0;
                var row = (await tx.OneAsync<Row>(ReadOne, args))!;
                foreach (var ambassadorId in row is { State: "applied", SettledAt: not null } ? await tx.ManyAsync<string>(ReadMoved, args) : [])
                {
                    held += await PayoutChanges.RefuseAddressAsync(tx, args.storeId, ambassadorId, row.SettledAt!.Value, args.now);
                }

                return held > 0 ? AddressStep.Held : AddressStep.Settled;
            },
            cancel: cancel);
        if (step != AddressStep.Settled)
        {
            Log.Refused(logger, change.Id, args.storeId);
        }

        return step;
    }

    private AddressChange Opened(Store store, Row row) => Unopened(row) with
    {
        Addresses = row.Sealed is { } text ? JsonSerializer.Deserialize(ProtectorOf(store.Id, row.Id).Unprotect(text), AddressJson.Default.AddressPair) : null,
    };

    private static AddressChange Unopened(Row row) => new(
        row.Id, row.AmbassadorId, row.PersonHash, row.AddressHash, null, row.State, row.AskedAt, row.AskedBy, row.WaivedReason, row.ExpiresAt,
        row.ConfirmedOldAt, row.ConfirmedNewAt, row.SettledAt);

    private string Seal(string storeId, string id, AddressPair pair) => ProtectorOf(storeId, id).Protect(JsonSerializer.Serialize(pair, AddressJson.Default.AddressPair));

    // What is sealed for one change opens for no other, so that rows cannot be exchanged.
    private IDataProtector ProtectorOf(string storeId, string id) => _protector.CreateProtector(storeId, id);

    private sealed record Person(string Email, string PersonHash);

    private sealed record Row(
        string Id, string AmbassadorId, string PersonHash, string AddressHash, string? Sealed, string State, DateTimeOffset AskedAt, string AskedBy,
        string? WaivedReason, DateTimeOffset ExpiresAt, DateTimeOffset? ConfirmedOldAt, DateTimeOffset? ConfirmedNewAt, DateTimeOffset? SettledAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The change of address {ChangeId} of store {StoreId} was asked for by {Actor}")]
        public static partial void Asked(ILogger logger, string changeId, string storeId, string actor);

        [LoggerMessage(LogLevel.Information, "The change of address {ChangeId} of store {StoreId}, asked for by {Actor}, is made")]
        public static partial void Applied(ILogger logger, string changeId, string storeId, string actor);

        [LoggerMessage(LogLevel.Information, "The change of address {ChangeId} of store {StoreId} was refused from the address of before")]
        public static partial void Refused(ILogger logger, string changeId, string storeId);
    }
}

[JsonSerializable(typeof(AddressPair))]
internal sealed partial class AddressJson : JsonSerializerContext;

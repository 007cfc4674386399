// A payee's way to an account at Stripe and into it: the account is made once, links are made when somebody who has signed in asks.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>Where the payee goes next: a closed set.</summary>
internal abstract record OnboardingStep
{
    /// <summary>To Stripe. The address works once and for minutes: it is never mailed, logged or kept.</summary>
    internal sealed record Go(string Url) : OnboardingStep
    {
        /// <summary>Says nothing, so that no log line can hold the address.</summary>
        public override string ToString() => nameof(Go);
    }

    /// <summary>Nowhere; why, and what to do, in words for the payee.</summary>
    internal sealed record Stay(string Why) : OnboardingStep;
}

internal sealed class Onboarding(Db db, StoreKeys keys, Credentials credentials, StripeClient stripe, PayoutRoutes routes, PublicAddress address, TimeProvider clock)
{
    public const string ReturnPath = "/portal/payouts/return";
    public const string RefreshPath = "/portal/payouts/refresh";

    private const string UnitedStates = "US";

    // Stripe keeps a key for 24 hours (rule P2 keeps the same distance).
    private static readonly TimeSpan KeyUsedFor = TimeSpan.FromHours(20);

    private const string ReadPerson =
        "SELECT name, email, stripe_account FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId AND email <> ''";

    /// <summary>Sends the payee to Stripe; makes their account first where they have none, or theirs is closed.</summary>
    /// <param name="country">Where they live; needed for a new account only.</param>
    public async Task<OnboardingStep> StartAsync(Store store, string ambassadorId, string? country, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return new OnboardingStep.Stay($"{store.DisplayName} has not connected Stripe. Ask them how you will be paid.");
        }

        if (await db.OneAsync<Person>(ReadPerson, new { storeId = store.Id, ambassadorId }, cancel) is not { } person)
        {
            return new OnboardingStep.Stay("You are no longer known here.");
        }

        if (person.StripeAccount is { } account && await PeekAsync(store, account, cancel) is not { State: PayeeAccountState.Closed })
        {
            return await LinkAsync(store, key, account, cancel);
        }

        if (country?.ToUpperInvariant() is not { } to || !Route.IsCountry(to))
        {
            return new OnboardingStep.Stay("Choose the country you live in first.");
        }

        var route = await routes.FindAsync(store, to, cancel);
        return route == Route.None
            ? new OnboardingStep.Stay($"Stripe does not bring money from {store.DisplayName} to {Route.NameOf(to)}. Ask {store.DisplayName} about another way to be paid.")
            : await MakeAsync(store, key, ambassadorId, person, to, route, cancel);
    }

    /// <summary>Another link to where the payee was, since the last one was used or is too old.</summary>
    public Task<OnboardingStep> AgainAsync(Store store, string ambassadorId, CancellationToken cancel) => StartAsync(store, ambassadorId, null, cancel);

    /// <summary>Opens the payee's own pages at Stripe.</summary>
    public async Task<OnboardingStep> OpenAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key }
            || await AccountAsync(store, ambassadorId, cancel) is not { } account)
        {
            return new OnboardingStep.Stay("You have no account at Stripe yet.");
        }

        return await stripe.AskAsync(store.Id, key, StripeQuestion.LoginLink(account), cancel) switch
        {
            StripeReply.Found(var link) when UrlOf(link) is { } url => new OnboardingStep.Go(url),
            // An account that its owner brought along has a sign-in of its own.
            StripeReply.Refused refused => new OnboardingStep.Stay($"Stripe makes no link into this account ({refused.Code}). Sign in at dashboard.stripe.com instead."),
            _ => NotAnswered,
        };
    }

    /// <summary>The ambassador's Stripe account; null where there is none.</summary>
    public async Task<string?> AccountAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        (await db.OneAsync<Person>(ReadPerson, new { storeId = store.Id, ambassadorId }, cancel))?.StripeAccount;

    private static readonly OnboardingStep.Stay NotAnswered = new("Stripe did not answer. Nothing is lost: try again in a few minutes.");

    private static readonly OnboardingStep.Stay Changed = new("Your account was changed at the same moment. Look at it again.");

    private Task<PayeeAccount?> PeekAsync(Store store, string account, CancellationToken cancel) => PayeeBook.FindAsync(db, store, account, cancel);

    private async Task<OnboardingStep> LinkAsync(Store store, string key, string account, CancellationToken cancel)
    {
        var question = new StripeQuestion(
            "/v1/account_links",
            [("account", account), ("type", "account_onboarding"), ("refresh_url", address.Of(RefreshPath)), ("return_url", address.Of(ReturnPath))]);
        switch (await stripe.AskAsync(store.Id, key, question, cancel))
        {
            case StripeReply.Found(var link) when UrlOf(link) is { } url:
                return new OnboardingStep.Go(url);

            case StripeReply.Refused { IsGone: true }:
                var now = clock.GetUtcNow();
                await db.InTransactionAsync(tx => PayeeBook.ApplyAsync(tx, keys, store, account, PayeeState.Gone, now, now), cancel: cancel);
                return new OnboardingStep.Stay("Your account at Stripe is closed. Choose your country to set up a new one.");

            case StripeReply.Refused refused:
                return new OnboardingStep.Stay($"Stripe makes no link to your account. It says: {refused.Message}");

            default:
                return NotAnswered;
        }
    }

    // Writes nothing new, but holds the row until the commit: of two clicks the second sees the request of the first, and what came of it.
    private const string HoldPerson =
        """
        UPDATE ambassadors SET state = state
        WHERE store_id = @storeId AND id = @ambassadorId AND COALESCE(stripe_account, '') = @before
        """;

    private const string ReadNewest =
        """
        SELECT number, body_hash, state, created_at FROM payee_requests
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY number DESC
        """;

    private const string InsertRequest =
        """
        INSERT INTO payee_requests (store_id, ambassador_id, number, body_hash, state, created_at)
        VALUES (@storeId, @ambassadorId, @number, @bodyHash, 'open', @now)
        """;

    private const string SettleRequest =
        """
        UPDATE payee_requests SET state = @state, settled_at = @now
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND number = @number AND state = 'open'
        """;

    private const string SetAccount =
        """
        UPDATE ambassadors SET stripe_account = @account
        WHERE store_id = @storeId AND id = @ambassadorId AND COALESCE(stripe_account, '') = @before
        """;

    private async Task<OnboardingStep> MakeAsync(
        Store store, string key, string ambassadorId, Person person, string country, string route, CancellationToken cancel)
    {
        var form = FormOf(ambassadorId, person, country, route);
        if (await BeginAsync(store, ambassadorId, person.StripeAccount ?? "", Ids.HashOf(StripeForm.Encode(form)), cancel) is not { } number)
        {
            return await AccountAsync(store, ambassadorId, cancel) is { } other && other != person.StripeAccount
                ? await LinkAsync(store, key, other, cancel)
                : Changed;
        }

        var idempotencyKey = string.Create(CultureInfo.InvariantCulture, $"acct-{ambassadorId}-{number}");
        var reply = await stripe.AskAsync(store.Id, key, new StripeQuestion("/v1/accounts", form, idempotencyKey), cancel);
        var args = new { storeId = store.Id, ambassadorId, number, now = clock.GetUtcNow(), before = person.StripeAccount ?? "" };
        switch (reply)
        {
            case StripeReply.Found(var made) when made.TextOrNull("id") is { Length: <= 100 } account:
                // From here on the account exists: whoever made it must know it, even when they have gone away.
                var isSet = await db.InTransactionAsync(async tx =>
                {
                    await tx.DoAsync(SettleRequest, new { args.storeId, args.ambassadorId, args.number, args.now, state = "made" });
                    await StripeConnection.NoteAsync(tx, store, null, args.now);
                    await PayeeBook.KnowAsync(tx, store.Id, ambassadorId, account, args.now, madeHere: true);
                    if (await tx.DoAsync(SetAccount, new { args.storeId, args.ambassadorId, args.before, account }) == 0)
                    {
                        return false;
                    }

                    await DestinationChanges.AccountAsync(tx, store.Id, ambassadorId, person.StripeAccount, account, PayoutChanges.Payee, args.now);
                    return true;
                }, cancel: CancellationToken.None);
                return isSet || await AccountAsync(store, ambassadorId, cancel) == account
                    ? await LinkAsync(store, key, account, cancel)
                    : Changed;

            case StripeReply.Refused refused:
                await db.InTransactionAsync(async tx =>
                {
                    await tx.DoAsync(SettleRequest, new { args.storeId, args.ambassadorId, args.number, args.now, state = "refused" });
                    await StripeConnection.NoteAsync(tx, store, refused, args.now);
                }, cancel: CancellationToken.None);
                return new OnboardingStep.Stay(
                    StripeFinding.OfRefusal(refused.Code, refused.Message).Severity == StripeFinding.Blocks
                        ? $"{store.DisplayName} is not ready yet to pay through Stripe, and sees why in its dashboard. Try again later, or tell them."
                        : $"Stripe makes no account for you in {Route.NameOf(country)}. It says: {refused.Message}");

            case StripeReply.KeyRejected:
                return new OnboardingStep.Stay($"Stripe no longer lets {store.DisplayName} in. Tell them to connect Stripe again.");

            default:
                return NotAnswered;
        }
    }

    /// <summary>
    /// The number of the request, which its key holds. A request whose answer was lost is asked for again under its own
    /// key; one that was refused, or that would be another by now, gets a new one. At worst an account stays empty at
    /// Stripe that nobody was told of.
    /// </summary>
    /// <param name="before">The account that the payee had when they clicked; empty where none.</param>
    /// <returns>Null: they have another one meanwhile.</returns>
    private Task<long?> BeginAsync(Store store, string ambassadorId, string before, string bodyHash, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return db.InTransactionAsync<long?>(
            async tx =>
            {
                if (await tx.DoAsync(HoldPerson, new { storeId = store.Id, ambassadorId, before }) == 0)
                {
                    return null;
                }

                var newest = await tx.OneAsync<Request>($"{ReadNewest} {db.Page}", new { storeId = store.Id, ambassadorId, take = 1L });
                if (newest is { State: "open" } && newest.BodyHash == bodyHash && now - newest.CreatedAt < KeyUsedFor)
                {
                    return newest.Number;
                }

                var number = (newest?.Number ?? 0) + 1;
                await tx.DoAsync(InsertRequest, new { storeId = store.Id, ambassadorId, number, bodyHash, now });
                return number;
            },
            cancel: cancel);
    }

    // All three of the controller are sent, since their defaults are another kind of account. What is prefilled can be
    // changed by the payee alone once they have a link.
    private static List<(string Key, string Value)> FormOf(string ambassadorId, Person person, string country, string route)
    {
        var form = new List<(string Key, string Value)>
        {
            ("business_type", "individual"),
            ("capabilities[transfers][requested]", "true"),
            ("controller[fees][payer]", "application"),
            ("controller[losses][payments]", "application"),
            ("controller[stripe_dashboard][type]", "express"),
            ("country", country),
            ("email", person.Email),
            ("metadata[ambassador_id]", ambassadorId),
        };
        if (country == UnitedStates)
        {
            // Stripe refuses the one without the other there.
            form.Add(("capabilities[card_payments][requested]", "true"));
        }

        if (route == Route.Recipient)
        {
            form.Add(("tos_acceptance[service_agreement]", "recipient"));
        }

        return form;
    }

    private static string? UrlOf(System.Text.Json.JsonElement link) =>
        link.TextOrNull("url") is { } url && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("https" or "http") ? url : null;

    private sealed record Person(string Name, string Email, string? StripeAccount);

    private sealed record Request(long Number, string BodyHash, string State, DateTimeOffset CreatedAt);
}

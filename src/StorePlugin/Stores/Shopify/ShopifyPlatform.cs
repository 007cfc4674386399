// Shopify as a platform that stores run on.
namespace StorePlugin.Stores.Shopify;

/// <summary>Discount codes, the shop's facts and the storefront's addresses, for Shopify.</summary>
internal sealed class ShopifyPlatform(ShopifyAdminClient admin, ShopifyTokens tokens) : IStorePlatform
{
    private const string CodeTaken = "TAKEN";
    private const string InternalError = "INTERNAL_ERROR";

    public string Name => "shopify";

    /// <summary>
    /// Shopify knows no idempotency key for discounts, so the effect's id stands in the title: when the code is taken,
    /// the title tells whether it was this effect whose answer was lost (rule I7).
    /// </summary>
    public async Task<DiscountResult> CreateDiscountAsync(Store store, DiscountRequest request, CancellationToken cancel)
    {
        var (token, without) = await TokenAsync(store, cancel);
        if (token is null)
        {
            return without!;
        }

        var title = $"{request.Title} {request.EffectId}";
        var answer = await admin.AskAsync(
            store.Domain,
            token,
            ShopifyOperations.CreateDiscount,
            new CreateDiscountVariables(DiscountInput.Of(title, request)),
            cancel);
        if (answer is not ShopifyAnswer<CreateDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.DiscountCodeBasicCreate is not { } payload)
        {
            return Without(ShopifyAnswer<CreateDiscountData>.OfErrors(given.Errors));
        }

        if (payload.CodeDiscountNode?.Id is { Length: > 0 } id)
        {
            return new DiscountResult.Created(id);
        }

        var errors = payload.UserErrors ?? [];
        return errors.Any(error => error.Code == CodeTaken) ? await RecogniseAsync(store, token, request, cancel)
            : errors.Any(error => error.Code == InternalError) ? new DiscountResult.Failed($"Shopify failed: {WordsOf(errors)}")
            : errors.Count > 0 ? new DiscountResult.Refused($"Shopify refuses the discount: {WordsOf(errors)}")
            : Without(ShopifyAnswer<CreateDiscountData>.OfErrors(given.Errors));
    }

    /// <summary>
    /// Deactivates it: the merchant keeps the discount with its history, and shoppers are told that it does not work. Whose
    /// answer was lost is found by its code, and known by the key in its title.
    /// </summary>
    public async Task<DiscountResult> EndDiscountAsync(Store store, DiscountEnding ending, CancellationToken cancel)
    {
        var (token, without) = await TokenAsync(store, cancel);
        if (token is null)
        {
            return without!;
        }

        // The answer that holds its id may never have come.
        var id = ending.DiscountId;
        if (id is null)
        {
            var (found, instead) = await FindAsync(store, token, ending, cancel);
            if (found is null)
            {
                return instead;
            }

            id = found;
        }

        var answer = await admin.AskAsync(store.Domain, token, ShopifyOperations.EndDiscount, new EndDiscountVariables(id), cancel);
        if (answer is not ShopifyAnswer<EndDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.DiscountCodeDeactivate is not { } payload)
        {
            return Without(ShopifyAnswer<EndDiscountData>.OfErrors(given.Errors));
        }

        var errors = payload.UserErrors ?? [];
        if (payload.CodeDiscountNode?.Id is { Length: > 0 })
        {
            return new DiscountResult.Ended($"The code {ending.Code} takes nothing off any more.");
        }

        if (errors.Count == 0)
        {
            return Without(ShopifyAnswer<EndDiscountData>.OfErrors(given.Errors));
        }

        // The merchant may have deleted it.
        return errors.Any(error => error.Code == InternalError) ? new DiscountResult.Failed($"Shopify failed: {WordsOf(errors)}")
            : await FindAsync(store, token, ending, cancel) is { DiscountId: null, Instead: var gone } ? gone
            : new DiscountResult.Refused($"Shopify does not end the discount: {WordsOf(errors)}");
    }

    /// <summary>Asks by the code, since a discount may have lost it.</summary>
    public async Task<DiscountLook> LookAtDiscountAsync(Store store, string code, string discountId, CancellationToken cancel)
    {
        var (token, without) = await TokenAsync(store, cancel);
        if (token is null)
        {
            return LookOf(without!);
        }

        var answer = await admin.AskAsync(store.Domain, token, ShopifyOperations.LookAtDiscount, new FindDiscountVariables(code), cancel);
        if (answer is not ShopifyAnswer<DiscountNowData>.Given given)
        {
            return LookOf(Without(answer));
        }

        return given.Data.CodeDiscountNodeByCode switch
        {
            null when !given.Errors.IsEmpty => LookOf(Without(ShopifyAnswer<DiscountNowData>.OfErrors(given.Errors))),
            { CodeDiscount: { } now } node when node.Id == discountId => new DiscountLook.Seen(
                now.Status == "ACTIVE", now.CustomerGets?.Value?.Percentage is { } share ? BasisPointsOf(share) : null, now.EndsAt, now.UsageLimit),
            null => new DiscountLook.Gone($"The code {code} was deleted in the store's admin: it takes nothing off, so orders with it count for nobody by the code."),
            _ => new DiscountLook.Gone($"In the store the code {code} belongs to another discount now, which was not made here."),
        };
    }

    /// <summary>Shopify gives a discount that is switched off an end, and takes it away where it is switched on.</summary>
    public async Task<DiscountResult> SwitchDiscountAsync(Store store, string code, string discountId, bool on, CancellationToken cancel)
    {
        if (!on)
        {
            var off = await EndDiscountAsync(store, new DiscountEnding(discountId, code, "", discountId), cancel);
            return off is DiscountResult.Ended ended ? new DiscountResult.Switched(ended.Text) : off;
        }

        var (token, without) = await TokenAsync(store, cancel);
        if (token is null)
        {
            return without!;
        }

        var answer = await admin.AskAsync(store.Domain, token, ShopifyOperations.ResumeDiscount, new EndDiscountVariables(discountId), cancel);
        if (answer is not ShopifyAnswer<ResumeDiscountData>.Given { Data.DiscountCodeActivate: { } payload } given)
        {
            return Without(answer is ShopifyAnswer<ResumeDiscountData>.Given bare ? ShopifyAnswer<ResumeDiscountData>.OfErrors(bare.Errors) : answer);
        }

        var errors = payload.UserErrors ?? [];
        return payload.CodeDiscountNode?.Id is { Length: > 0 } ? new DiscountResult.Switched($"The code {code} works again.")
            : errors.Any(error => error.Code == InternalError) ? new DiscountResult.Failed($"Shopify failed: {WordsOf(errors)}")
            : errors.Count > 0 ? new DiscountResult.Refused($"Shopify does not switch the discount on: {WordsOf(errors)}")
            : Without(ShopifyAnswer<ResumeDiscountData>.OfErrors(given.Errors));
    }

    public async Task<StoreFacts> ReadStoreAsync(Store store, CancellationToken cancel)
    {
        var token = await tokens.GetAsync(store, cancel);
        var answer = await admin.AskAsync(store.Domain, token, ShopifyOperations.ReadShop, new NoVariables(), cancel);
        return FactsOf(answer) ?? throw (answer switch
        {
            ShopifyAnswer<ReadShopData>.Unavailable unavailable => new PlatformException(unavailable.Reason) { Wait = unavailable.Wait },
            ShopifyAnswer<ReadShopData>.Failed failed => new PlatformException(failed.Reason),
            ShopifyAnswer<ReadShopData>.Refused refused => new PlatformException(refused.Reason),
            _ => new PlatformException("Shopify's answer does not hold the shop."),
        });
    }

    /// <summary>
    /// Shopify's own address that puts a code into the session, and the storefront's page behind it. The reference stands
    /// in <c>ref</c>, which Shopify copies into the order's landing page.
    /// </summary>
    public Uri LandingUrl(Store store, string? code, string path, string? reference)
    {
        if (path is not (['/'] or ['/', not ('/' or '\\'), ..]))
        {
            throw new ArgumentException("A path on the store's own domain begins with a single slash.", nameof(path));
        }

        var host = store.PrimaryDomain ?? store.Domain;
        var target = WithReference(path, reference);
        return new Uri(code is null
            ? $"https://{host}{target}"
            : $"https://{host}/discount/{Uri.EscapeDataString(code)}?redirect={EscapePath(target)}");
    }

    // As Shopify's own shareable links spell it: the slashes stay, so that people can read where a link leads.
    private static string EscapePath(string target) => Uri.EscapeDataString(target).Replace("%2F", "/", StringComparison.Ordinal);

    /// <summary>The facts in an answer, or null where it holds none.</summary>
    public static StoreFacts? FactsOf(ShopifyAnswer<ReadShopData> answer) =>
        answer is ShopifyAnswer<ReadShopData>.Given { Data.Shop: { } shop }
            ? new StoreFacts(shop.Name, shop.CurrencyCode, shop.IanaTimezone, shop.PrimaryDomain?.Host, shop.Id?.Split('/')[^1], shop.ContactEmail)
            : null;

    /// <summary>A token; or what there is instead of it.</summary>
    private async Task<(string? Token, DiscountResult? Without)> TokenAsync(Store store, CancellationToken cancel)
    {
        // A token that is missing or expired is an outcome like any other: it passes when the merchant opens the app, and
        // until then it must not use up the attempts.
        try
        {
            return (await tokens.GetAsync(store, cancel), null);
        }
        catch (PlatformException e) when (e.Wait is { } wait)
        {
            return (null, new DiscountResult.Unavailable(e.Message, wait) { WaitsForMerchant = true });
        }
    }

    /// <summary>The id of the discount that has the code and the key; or what there is instead of it.</summary>
    private async Task<(string? DiscountId, DiscountResult Instead)> FindAsync(Store store, string token, DiscountEnding ending, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store.Domain, token, ShopifyOperations.FindDiscount, new FindDiscountVariables(ending.Code), cancel);
        if (answer is not ShopifyAnswer<FindDiscountData>.Given given)
        {
            return (null, Without(answer));
        }

        var gone = given.Errors.IsEmpty
            ? new DiscountResult.Ended($"There is no code {ending.Code} of ours in the store.")
            : Without(ShopifyAnswer<FindDiscountData>.OfErrors(given.Errors));
        return given.Data.CodeDiscountNodeByCode is { Id.Length: > 0 } node && node.CodeDiscount?.Title?.Contains(ending.EffectId, StringComparison.Ordinal) == true
            ? (node.Id, gone)
            : (null, gone);
    }

    private async Task<DiscountResult> RecogniseAsync(Store store, string token, DiscountRequest request, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(
            store.Domain, token, ShopifyOperations.FindDiscount, new FindDiscountVariables(request.Code), cancel);
        if (answer is not ShopifyAnswer<FindDiscountData>.Given given)
        {
            return Without(answer);
        }

        if (given.Data.CodeDiscountNodeByCode is not { Id.Length: > 0 } node)
        {
            return new DiscountResult.Failed("Shopify says that the code is taken, but does not show by which discount.");
        }

        // The merchant may have edited the title's words, so the id within it decides.
        return node.CodeDiscount?.Title?.Contains(request.EffectId, StringComparison.Ordinal) == true
            ? new DiscountResult.Created(node.Id)
            : new DiscountResult.Taken($"The store already has a discount with the code {request.Code}. Please choose another code.");
    }

    private static DiscountResult Without<TData>(ShopifyAnswer<TData> answer) => answer switch
    {
        ShopifyAnswer<TData>.Unavailable unavailable => new DiscountResult.Unavailable(unavailable.Reason, unavailable.Wait),
        ShopifyAnswer<TData>.Failed failed => new DiscountResult.Failed(failed.Reason),
        ShopifyAnswer<TData>.Refused refused => new DiscountResult.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException("An answer was given."),
    };

    private static DiscountLook LookOf(DiscountResult without) => without switch
    {
        DiscountResult.Unavailable unavailable => new DiscountLook.Unavailable(unavailable.Reason, unavailable.Wait),
        DiscountResult.Failed failed => new DiscountLook.Failed(failed.Reason),
        DiscountResult.Refused refused => new DiscountLook.Failed(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException("There was an answer."),
    };

    private static long? BasisPointsOf(decimal share) => Campaigns.BasisPoints.OfPercent(share * 100);

    private static string WordsOf(IReadOnlyList<UserError> errors) =>
        GraphQlErrors.Fit(string.Join("; ", errors.Select(error => error.Code is null ? error.Message : $"{error.Message} ({error.Code})")));

    private static string WithReference(string path, string? reference)
    {
        if (reference is null)
        {
            return path;
        }

        var hash = path.IndexOf('#', StringComparison.Ordinal);
        var (page, fragment) = hash < 0 ? (path, "") : (path[..hash], path[hash..]);
        var joint = page.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return $"{page}{joint}ref={Uri.EscapeDataString(reference)}{fragment}";
    }
}

// What Shopify tells of a customer who has signed in to a store: the mailbox that is theirs, and what they are called.
using System.Text.Json.Serialization;
using StorePlugin.Ambassadors;

namespace StorePlugin.Stores.Shopify;

/// <summary>A customer as far as Shopify vouches for them. It is in memory only.</summary>
/// <param name="Email">The mailbox that they have proven to be theirs; null where nobody vouches for one, or the app may not see it.</param>
/// <param name="Name">First and last name; null where they gave none, or the app may not see it.</param>
internal sealed record SignedInCustomer(string? Email, string? Name)
{
    public static readonly SignedInCustomer Nobody = new(null, null);

    /// <summary>Without what it holds, so that no log line can hold it.</summary>
    public override string ToString() => nameof(SignedInCustomer);
}

/// <summary>
/// Anybody can make an account with anybody's address where a password opens it; a new customer account is opened by a code that
/// goes to the mailbox. An address counts where the store has such accounts, and Shopify says that it is verified: that word alone
/// is also said of whomever the merchant or another app has put in.
/// </summary>
internal sealed class ShopifyCustomers(ShopifyAdminClient admin, CustomerLimit limit)
{
    public static readonly ShopifyOperation<CustomerVariables, CustomerData> Read = new(
        "Customer", ShopifyCustomersJson.Default.GraphQlRequestCustomerVariables, ShopifyCustomersJson.Default.CustomerData);

    private const string AccountsByMailbox = "NEW_CUSTOMER_ACCOUNTS";

    /// <summary>Asks Shopify. Null where it cannot be asked at present.</summary>
    /// <param name="customerId">Shopify's number.</param>
    public async Task<SignedInCustomer?> FindAsync(Store store, string customerId, CancellationToken cancel)
    {
        if (!limit.AdmitsQuestion(store.Id))
        {
            return null;
        }

        return await admin.AskAsync(store, Read, new CustomerVariables($"gid://shopify/Customer/{customerId}"), cancel) switch
        {
            ShopifyAnswer<CustomerData>.Unavailable => null,
            ShopifyAnswer<CustomerData>.Given { Data: { Customer: { } customer } data } => Of(customer, data.Shop),
            // What the app may not see is withheld, with the reason beside it.
            _ => SignedInCustomer.Nobody,
        };
    }

    private static SignedInCustomer Of(CustomerNode customer, CustomerShop? shop)
    {
        var isVouchedFor = customer.VerifiedEmail is true && shop?.CustomerAccountsV2?.CustomerAccountsVersion == AccountsByMailbox;
        var name = $"{customer.FirstName} {customer.LastName}".Trim();
        return new SignedInCustomer(
            isVouchedFor && customer.DefaultEmailAddress?.EmailAddress is { } email && AmbassadorRequest.IsEmail(email) ? email : null,
            name.Length is > 0 and <= AmbassadorRequest.NameLengthMax && !name.Any(char.IsControl) ? name : null);
    }
}

internal sealed record CustomerVariables(string Id);

internal sealed record CustomerData(CustomerNode? Customer, CustomerShop? Shop);

internal sealed record CustomerNode(bool? VerifiedEmail, string? FirstName, string? LastName, CustomerEmail? DefaultEmailAddress);

internal sealed record CustomerEmail(string? EmailAddress);

internal sealed record CustomerShop(CustomerAccounts? CustomerAccountsV2);

/// <param name="CustomerAccountsVersion"><c>CLASSIC</c> or <c>NEW_CUSTOMER_ACCOUNTS</c>.</param>
internal sealed record CustomerAccounts(string? CustomerAccountsVersion);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CustomerVariables>))]
[JsonSerializable(typeof(CustomerData))]
internal sealed partial class ShopifyCustomersJson : JsonSerializerContext;

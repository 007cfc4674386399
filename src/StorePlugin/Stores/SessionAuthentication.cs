// Ties our sessions to the framework's authorization, so that a group of pages asks for a role in one line.
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Stores;

/// <summary>
/// Reads the session's cookie, or the session token of Shopify's admin. Without either: 302 to the sign-in page, or to where the
/// admin's frame gets a token; with another role: 403.
/// </summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SignIn signIn, ShopifySessions sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "session";

    /// <summary>Policies: who may see the dashboard, who may change something, who may do all; ambassadors; and whoever has signed in.</summary>
    public const string TeamPolicy = "team";
    public const string ManagerPolicy = "manager";
    public const string OwnerPolicy = "owner";
    public const string AmbassadorPolicy = "ambassador";
    public const string AnyPolicy = "signed-in";

    public static void Add(IServiceCollection services)
    {
        // The only scheme is the framework's default: a page that is not found knows its visitor too. Without a cookie nothing is read.
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(TeamPolicy, policy => OfSession(policy).RequireRole(Role.OfTeam))
            .AddPolicy(ManagerPolicy, policy => OfSession(policy).RequireRole(Role.Owner, Role.Manager))
            .AddPolicy(OwnerPolicy, policy => OfSession(policy).RequireRole(Role.Owner))
            .AddPolicy(AmbassadorPolicy, policy => OfSession(policy).RequireRole(Role.Ambassador))
            .AddPolicy(AnyPolicy, policy => OfSession(policy));
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // In the frame the token counts alone: a cookie that the browser has besides may be another store's.
        var visitor = sessions.Concerns(Request) ? await sessions.FindVisitorAsync(Context) : await signIn.FindVisitorAsync(Context);
        if (visitor is null)
        {
            return AuthenticateResult.NoResult();
        }

        Context.Features.Set(visitor);
        // The session's name binds the antiforgery token of a form to this session.
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, visitor.SessionName), new Claim(ClaimTypes.Role, visitor.Role)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (sessions.Challenges(Request))
        {
            return sessions.Challenge(Context).ExecuteAsync(Context);
        }

        Response.Redirect("/sign-in");
        return Task.CompletedTask;
    }

    private static AuthorizationPolicyBuilder OfSession(AuthorizationPolicyBuilder policy) =>
        policy.AddAuthenticationSchemes(SchemeName).RequireAuthenticatedUser();
}

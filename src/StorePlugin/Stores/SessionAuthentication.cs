// Ties our sessions to the framework's authorization, so that a group of pages asks for a role in one line.
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace StorePlugin.Stores;

/// <summary>Reads the session's cookie. Without a session: 302 to the sign-in page; with another role: 403.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SignIn signIn)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "session";

    /// <summary>Policies: one for each role, and one for whoever has signed in.</summary>
    public const string OwnerPolicy = "owner";
    public const string AmbassadorPolicy = "ambassador";
    public const string AnyPolicy = "signed-in";

    public static void Add(IServiceCollection services)
    {
        // No default scheme: a path that asks for nothing, such as a webhook's, does not look for a session.
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(OwnerPolicy, policy => OfSession(policy).RequireRole(Role.Owner))
            .AddPolicy(AmbassadorPolicy, policy => OfSession(policy).RequireRole(Role.Ambassador))
            .AddPolicy(AnyPolicy, policy => OfSession(policy));
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (await signIn.FindVisitorAsync(Context) is not { } visitor)
        {
            return AuthenticateResult.NoResult();
        }

        Context.Features.Set(visitor);
        // The session's hash as the name binds the antiforgery token of a form to this session.
        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, visitor.SessionHash), new Claim(ClaimTypes.Role, visitor.Role)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Redirect("/sign-in");
        return Task.CompletedTask;
    }

    private static AuthorizationPolicyBuilder OfSession(AuthorizationPolicyBuilder policy) =>
        policy.AddAuthenticationSchemes(SchemeName).RequireAuthenticatedUser();
}

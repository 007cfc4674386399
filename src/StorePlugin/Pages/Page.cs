// Renders a component as the answer of an endpoint.
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin.Pages;

internal static class Page
{
    /// <summary>A page whose component has one parameter, <c>Model</c>.</summary>
    public static RazorComponentResult Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TPage>(object model, int status = StatusCodes.Status200OK)
        where TPage : IComponent =>
        new RazorComponentResult<TPage>(new Dictionary<string, object?>(StringComparer.Ordinal) { ["Model"] = model }) { StatusCode = status };
}

// How /openapi/v1.json describes the API.
using Microsoft.OpenApi;
using StorePlugin.Orders;

namespace StorePlugin;

internal static class ApiDescription
{
    private const string Scheme = "apiKey";

    public static void AddApiDescription(this IServiceCollection services) =>
        services.AddOpenApi("v1", options =>
        {
            options.ShouldInclude = call => call.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
            options.AddDocumentTransformer((document, _, _) =>
            {
                Describe(document);
                return Task.CompletedTask;
            });
            options.AddSchemaTransformer((schema, context, _) =>
            {
                DescribeInstant(schema, context.JsonTypeInfo.Type);
                ReceiptView.Describe(schema, context);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, _, _) =>
            {
                DescribeLimit(operation);
                return Task.CompletedTask;
            });
        });

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "StorePlugin",
            Version = "v1",
            Description =
                "Amounts are whole minor units beside their ISO 4217 currency; instants are ISO 8601 in UTC. Lists are read page by " +
                "page: send the next of an answer as after. Errors are problem details with a stable type.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key of the verb api-key, which belongs to one store and only reads unless it was made with --write; or a session token of Shopify's admin.",
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
    }

    // What a converter of our own writes is unknown to the framework, which then names the format alone.
    private static void DescribeInstant(OpenApiSchema schema, Type type)
    {
        if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
    }

    // The handler takes the text, so that a wrong one is answered in words; the document says what is right.
    private static void DescribeLimit(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(parameter => parameter.Name == "limit") ?? [])
        {
            parameter.Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
                Maximum = Paging.LimitMax.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Default = Paging.LimitDefault,
            };
        }
    }
}

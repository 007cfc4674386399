// What a receipt looks like in the form that the API shows: each property, its form, and whether it may be missing.
using System.Text.Json;

namespace StorePlugin.Tests.Orders;

/// <summary>Whether a text is a receipt at all. A property that it does not know is a complaint too: nobody would check it.</summary>
internal sealed class ReceiptShape
{
    // Each object's properties and their forms: "?" may be null, "~" is left out where there is nothing to say, as an empty list is.
    public static readonly Dictionary<string, Dictionary<string, string>> All = new[]
    {
        "receipt schema=2 orderId=text reference=text at=time currency=text versionUpdatedAt=time versionHash=text channel=Online|PointOfSale|Draft|Renewal",
        "receipt test=flag paid=flag paidAt=time? cancelledAt=time? deletedAt=time? refundedInFull=flag checkoutStartedAt=time~ contradiction=text~",
        "receipt touchCount=number touches=[touch] campaigns=[campaign] codeCount=number codes=[code] lineCount=number lines=[line]",
        "receipt refundCount=number refunds=[refund] decisions=[decision]~ credited=flag rule=text reason=text ambassadorId=text? campaignId=text?",
        "receipt termsRevision=number? terms=terms? base=amount remainingBase=amount originalCommission=amount commission=amount rounding=text",
        "receipt holdUntil=time? findings=[text] notEvaluated=[gap]~ reviews=[review]~",
        "touch kind=Code|Click|Link|Override evidence=text at=time discount=amount position=number ambassadorId=text campaignId=text",
        "touch assignedAt=time endedAt=time~ approvedAt=time suspendedAt=time~ isOwn=flag~ droppedBy=text? why=text?",
        "campaign id=text revision=number~ launchedAt=time~ stopped=Paused|Ended~ terms=terms~",
        "terms commissionBp=number friendDiscountBp=number holdDays=number windowDays=number currency=text~ flat=flat~ rates=[rate]~",
        "terms excludedProducts=[text]~ minimumOrder=amount~ maximumCommission=amount~ firstTouch=flag~ exclusiveCodes=flag~",
        "terms selfPurchaseEarns=flag~ channels=[Online|PointOfSale|Draft]~",
        "flat amount=amount perItem=flag",
        "rate productId=text? ambassadorId=text? rateBp=number",
        "code code=text amount=amount",
        "line id=text productId=text? kind=Product|GiftCard|Fee quantity=number gross=amount discount=amount includedTax=amount base=amount",
        "line remaining=amount remainingQuantity=number rateBp=number rateRank=Campaign|Ambassador|Product|AmbassadorAndProduct excludedBy=text?",
        "refund id=text at=time lines=[refundLine] unallocated=amount",
        "refundLine lineId=text quantity=number base=amount possibleTax=amount",
        "decision number=number kind=Allow|Reject|Credit ambassadorId=text? campaignId=text? rules=[text] reason=text actor=text at=time",
        "review rule=text why=text allowedBy=number?",
        "gap rule=text why=text",
        "amount minor=number currency=text",
    }.Select(row => row.Split(' ')).GroupBy(row => row[0]).ToDictionary(
        rows => rows.Key, rows => rows.SelectMany(row => row[1..]).ToDictionary(field => field.Split('=')[0], field => field.Split('=')[1]));

    private readonly List<string> _complaints = [];

    public static List<string> Complaints(JsonElement receipt)
    {
        var shape = new ReceiptShape();
        shape.Check("receipt", "receipt", receipt, new Said(receipt)["currency"].Json.ToString());
        return shape._complaints;
    }

    private void Check(string shape, string path, JsonElement json, string currency)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            _complaints.Add($"{path} is no {shape}");
            return;
        }

        var known = All[shape];
        foreach (var field in json.EnumerateObject().Where(field => !known.ContainsKey(field.Name)))
        {
            _complaints.Add($"{path}.{field.Name} is unknown, so that nobody checks it");
        }

        // The amounts of terms are in the terms' own currency (rule M1); without one they state none.
        currency = shape == "terms" ? new Said(json)["currency"].Json.ToString() : currency;
        foreach (var (name, form) in known)
        {
            var right = !json.TryGetProperty(name, out var value) ? form.EndsWith('~')
                : value.ValueKind == JsonValueKind.Null ? form.EndsWith('?')
                : Fits(form.TrimEnd('?', '~'), path, name, value, currency) && !(form.EndsWith("]~", StringComparison.Ordinal) && value.GetArrayLength() == 0);
            if (!right)
            {
                _complaints.Add($"{path}.{name} is missing or not {form}");
            }
        }
    }

    private bool Fits(string form, string path, string name, JsonElement value, string currency)
    {
        if (form[0] == '[')
        {
            return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(form[1..^1], path, name, item, currency));
        }

        if (All.ContainsKey(form))
        {
            Check(form, $"{path}.{name}", value, currency);
            return form != "amount" || new Said(value)["currency"].Json.ToString() == currency;
        }

        return form switch
        {
            "text" => value.ValueKind == JsonValueKind.String,
            "flag" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "number" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "time" => value.ValueKind == JsonValueKind.String && value.GetString()!.EndsWith('Z') && value.TryGetDateTimeOffset(out _),
            _ => form.Split('|').Contains(value.ToString()),
        };
    }
}

/// <summary>A part of the receipt; what is null or absent is one that is not.</summary>
internal readonly record struct Said(JsonElement Json)
{
    public bool Is => Json.ValueKind != JsonValueKind.Undefined;

    public string? Word => Is ? Json.GetString() : null;

    /// <summary>A number, or an amount's minor units.</summary>
    public long? Whole => !Is ? null : Json.ValueKind == JsonValueKind.Object ? this["minor"].Whole : Json.GetInt64();

    public long Long => Whole ?? 0;

    public bool True => Json.ValueKind == JsonValueKind.True;

    public DateTimeOffset? Time => Is ? Json.GetDateTimeOffset() : null;

    public List<Said> Items => Is ? [.. Json.EnumerateArray().Select(item => new Said(item))] : [];

    public Said this[string name] => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new Said(value) : default;

    public override string ToString() => Json.ToString();
}

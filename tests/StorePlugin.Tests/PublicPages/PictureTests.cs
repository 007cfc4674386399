// Pictures that people send: told by their content, made small and anew, and refused where they are none.
using System.Net;
using NetVips;
using StorePlugin.PublicPages;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.PublicPages;

internal sealed class PictureTests
{
    [Test]
    public void A_photograph_is_made_small_and_upright_and_keeps_nothing_of_the_camera()
    {
        using var large = (Image.Black(3000, 2000, bands: 3) + 128).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb).Mutate(image =>
        {
            image.Set(GValue.GIntType, "orientation", 6);
            image.Set(GValue.GStrType, "exif-ifd3-GPSLatitude", "52/1 30/1 0/1");
        });

        var picture = Pictures.Make(large.JpegsaveBuffer())!;
        using var made = Image.NewFromBuffer(picture.Content);

        Assert.That((picture.MediaType, picture.Width, picture.Height), Is.EqualTo(("image/jpeg", 427L, 640L)), "turned by the camera's note");
        Assert.That((made.Width, made.Height), Is.EqualTo((427, 640)));
        Assert.That(made.GetFields().Where(field => field.StartsWith("exif", StringComparison.Ordinal) || field.StartsWith("xmp", StringComparison.Ordinal)), Is.Empty);
        Assert.That(picture.Content, Has.Length.LessThan(60_000));
    }

    [Test]
    public void What_lets_something_shine_through_stays_so_and_nothing_is_made_larger()
    {
        using var logo = Image.Black(40, 20, bands: 4).Copy(interpretation: Enums.Interpretation.Srgb);

        var picture = Pictures.Make(logo.PngsaveBuffer())!;

        Assert.That((picture.MediaType, picture.Width, picture.Height), Is.EqualTo(("image/png", 40L, 20L)));
    }

    [Test]
    public void What_is_no_picture_or_no_longer_one_is_refused()
    {
        using var image = Image.Black(40, 20, bands: 3);
        var png = image.PngsaveBuffer();
        var huge = (byte[])png.Clone();
        // The header claims 100,000 by 100,000 pixels.
        new byte[] { 0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0 }.CopyTo(huge, 16);

        Assert.That(Pictures.Make("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"u8.ToArray()), Is.Null);
        Assert.That(Pictures.Make("<?xml version='1.0'?><svg/>"u8.ToArray()), Is.Null);
        Assert.That(Pictures.Make("%PDF-1.7"u8.ToArray()), Is.Null);
        Assert.That(Pictures.Make([]), Is.Null);
        Assert.That(Pictures.Make([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]), Is.Null);
        Assert.That(Pictures.Make(png[..(png.Length / 2)]), Is.Null);
        Assert.That(Pictures.Make(huge), Is.Null);
    }

    [Test]
    public async Task A_logo_is_shown_on_the_stores_pages_is_replaced_and_taken_away()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        await rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        using var owner = await rooms.OwnerAsync();

        var first = await SendAsync(owner, new() { ["colour"] = "#FF0000", ["headline"] = "Lamps", ["about"] = "We make lamps.\nBy hand." }, Png());
        var page = await owner.GetAsync("/dashboard/look");
        var path = page.QuerySelector("form img.logo")!.GetAttribute("src")!;
        var answer = await owner.AskAsync(path);
        await SendAsync(owner, new() { ["colour"] = "#ff0000" }, Png());
        var gone = await owner.AskAsync(path);
        await SendAsync(owner, new() { ["own"] = "yes", ["nologo"] = "yes" }, null);

        Assert.That(first.Headers.Location!.OriginalString, Is.EqualTo("/dashboard/look?notice=look-kept"));
        Assert.That(page.QuerySelector("input[name=colour]")!.GetAttribute("value"), Is.EqualTo("#ff0000"));
        Assert.That(page.QuerySelector("textarea[name=about]")!.TextContent, Is.EqualTo("We make lamps.\nBy hand."));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/png"));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Is.EqualTo("default-src 'none'; sandbox"));
        Assert.That(answer.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"));
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "the old one is dropped");
        Assert.That(await app.Db.OneAsync<long>("SELECT COUNT(*) FROM pictures"), Is.Zero);
        Assert.That((await owner.GetAsync("/dashboard/look")).QuerySelector("input[name=own]")!.HasAttribute("checked"), Is.True);
    }

    [Test]
    public async Task What_cannot_be_kept_is_said_and_what_was_typed_stays()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        using var owner = await rooms.OwnerAsync();

        var page = await Browser.ReadAsync(
            await SendAsync(owner, new() { ["colour"] = "red", ["headline"] = new string('x', 121), ["about"] = "Kept" }, "<svg/>"u8.ToArray()), HttpStatusCode.UnprocessableEntity);
        var tooLarge = await SendAsync(owner, new() { ["colour"] = "#ff0000" }, new byte[Pictures.BytesMax + 1]);
        var farTooLarge = await SendAsync(owner, new() { ["colour"] = "#ff0000" }, new byte[Pictures.BytesMax * 2]);

        Assert.That(page.QuerySelectorAll("[role=alert] p").Select(line => line.TextContent), Is.EqualTo(
        [
            "The colour must look like #0f766e.", "The headline may have 120 characters at most.",
            "The picture cannot be used: send a JPEG, PNG, WebP or GIF file that opens on your own screen.",
        ]));
        Assert.That(page.QuerySelector("textarea[name=about]")!.TextContent, Is.EqualTo("Kept"));
        Assert.That((await Browser.ReadAsync(tooLarge, HttpStatusCode.UnprocessableEntity)).Text("[role=alert]"), Is.EqualTo("The picture may have 5 MB at most."));
        Assert.That(farTooLarge.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await app.Db.OneAsync<long>("SELECT COUNT(*) FROM store_looks"), Is.Zero);
    }

    private static byte[] Png()
    {
        using var image = Image.Black(40, 20, bands: 4).Copy(interpretation: Enums.Interpretation.Srgb);
        return image.PngsaveBuffer();
    }

    private static async Task<HttpResponseMessage> SendAsync(Browser owner, Dictionary<string, string> fields, byte[]? logo)
    {
        var token = (await owner.GetAsync("/dashboard/look")).QuerySelector("main form")!.QuerySelector("input[type=hidden]")!;
        fields[token.GetAttribute("name")!] = token.GetAttribute("value")!;
        return await owner.SendFileAsync("/dashboard/look", fields, "logo", logo ?? []);
    }
}

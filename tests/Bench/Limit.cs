// The limit that intake is measured against: Kestrel, the HMAC, the raw body in SQLite by group commit, nothing else.
using System.Data;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Bench;

/// <summary>As fast as this machine can acknowledge durable webhooks by these means: no store, no key, no index, no seal.</summary>
internal static class Limit
{
    public const string Verb = "limit";

    private const int BatchMax = 256;

    public static async Task RunAsync(int port, string database)
    {
        SQLitePCL.Batteries_V2.Init();
        var waiting = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
        var writer = Task.Factory.StartNew(() => Write(waiting.Reader, database), TaskCreationOptions.LongRunning);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        app.Run(context => AnswerAsync(context, waiting.Writer));
        await app.StartAsync();

        var stopped = new TaskCompletionSource();
        using var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGTERM,
            context =>
            {
                context.Cancel = true;
                stopped.TrySetResult();
            });
        await stopped.Task;
        await app.StopAsync();
        waiting.Writer.Complete();
        await writer;
    }

    private static async Task AnswerAsync(HttpContext context, ChannelWriter<Waiting> inbox)
    {
        context.Response.ContentLength = 0;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            return;
        }

        var body = new byte[context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(body);
        if (!IsAuthentic(body, context.Request.Headers["X-Shopify-Hmac-Sha256"]))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var delivery = new Waiting(body, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        inbox.TryWrite(delivery);
        await delivery.Done.Task;
    }

    private static bool IsAuthentic(byte[] body, string? signature)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> actual = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Shop.Secret, body, expected);
        return Convert.TryFromBase64String(signature ?? "", actual, out var length)
            && length == actual.Length && CryptographicOperations.FixedTimeEquals(expected, actual);
    }

    /// <summary>The one writer: whatever waits shares a commit. Same settings of the database as the app's.</summary>
    private static void Write(ChannelReader<Waiting> waiting, string database)
    {
        using var connection = new SqliteConnection($"Data Source={database}");
        connection.Open();
        using (var settings = connection.CreateCommand())
        {
            settings.CommandText =
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA secure_delete = ON;
                PRAGMA cache_size = -32768;
                PRAGMA wal_autocheckpoint = 32000;
                CREATE TABLE bodies (id integer PRIMARY KEY, body blob NOT NULL);
                """;
            settings.ExecuteNonQuery();
        }

        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO bodies (body) VALUES (@body)";
        var parameter = insert.Parameters.Add("@body", SqliteType.Blob);
        var batch = new List<Waiting>(BatchMax);
        while (waiting.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < BatchMax && waiting.TryRead(out var next))
            {
                batch.Add(next);
            }

            using (var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: false))
            {
                insert.Transaction = transaction;
                foreach (var delivery in batch)
                {
                    parameter.Value = delivery.Body;
                    insert.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            foreach (var delivery in batch)
            {
                delivery.Done.SetResult();
            }

            batch.Clear();
        }
    }

    private sealed record Waiting(byte[] Body, TaskCompletionSource Done);
}

// The load: keep-alive connections to 127.0.0.1, served by one thread with as few system calls as sockets allow.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StorePlugin.Bench;

/// <summary>What was measured: requests answered as they should be, in which time, and how long each took.</summary>
internal sealed class Load(int answered, TimeSpan took, List<long> ticks)
{
    public int Answered => answered;

    public double PerSecond => answered / took.TotalSeconds;

    /// <summary>The latency that this share of the requests stayed below, in milliseconds.</summary>
    public double Milliseconds(double share)
    {
        ticks.Sort();
        return ticks.Count == 0 ? 0 : ticks[Math.Min(ticks.Count - 1, (int)(ticks.Count * share))] * 1000.0 / Stopwatch.Frequency;
    }
}

/// <summary>
/// Sends prepared requests. An HTTP client would take as much of the two cores as the server that is measured; this one
/// sends bytes, waits with one poll for all connections, and looks at no more of an answer than its status.
/// </summary>
internal sealed class Senders : IDisposable
{
    private const int AnswerBytesMax = 4096;
    private const int PageBytesMax = 256 * 1024;
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    private readonly List<Line> _lines = [];
    private readonly Dictionary<Socket, Line> _bySocket = [];

    /// <param name="status">What every request must be answered with.</param>
    /// <param name="hasBody">Every answer is a page, in chunks; else none has a body.</param>
    public Senders(int port, int connections, int status = 200, bool hasBody = false)
    {
        var answer = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} "));
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            var line = new Line(socket, answer, hasBody);
            _lines.Add(line);
            _bySocket.Add(socket, line);
        }
    }

    /// <summary>The bytes of the largest answer so far.</summary>
    public int Largest => _lines.Max(line => line.Largest);

    /// <summary>Each connection sends its next request as soon as the last one was answered.</summary>
    /// <param name="next">The next request; null: there are no more.</param>
    public Load Flood(Func<byte[]?> next, TimeSpan time) => Run(next, time, perSecond: null);

    /// <summary>
    /// Requests leave at a steady pace, whether or not the last ones were answered; a request that found no free
    /// connection has waited since its own time.
    /// </summary>
    public Load Pace(Func<byte[]?> next, TimeSpan time, int perSecond) => Run(next, time, perSecond);

    public void Dispose() => _lines.ForEach(line => line.Socket.Dispose());

    private Load Run(Func<byte[]?> next, TimeSpan time, int? perSecond)
    {
        var idle = new Stack<Line>(_lines);
        var busy = new List<Socket>(_lines.Count);
        var ready = new List<Socket>(_lines.Count);
        var ticks = new List<long>(1 << 16);
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var step = perSecond is { } pace ? (double)Stopwatch.Frequency / pace : 0;
        var lastAnswer = started;
        var sent = 0L;
        var more = true;
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            more = more && now < end;
            while (more && idle.Count > 0 && (step == 0 || started + (long)(sent * step) <= now))
            {
                if (next() is not { } request)
                {
                    more = false;
                    break;
                }

                var line = idle.Pop();
                line.SentAt = step == 0 ? Stopwatch.GetTimestamp() : started + (long)(sent * step);
                line.Socket.Send(request);
                busy.Add(line.Socket);
                sent++;
            }

            if (busy.Count == 0)
            {
                if (!more)
                {
                    break;
                }

                Thread.Sleep(1);
                continue;
            }

            ready.Clear();
            ready.AddRange(busy);
            Socket.Select(ready, null, null, step == 0 ? 100_000 : 1_000);
            foreach (var socket in ready)
            {
                var line = _bySocket[socket];
                if (line.Receive())
                {
                    lastAnswer = Stopwatch.GetTimestamp();
                    ticks.Add(lastAnswer - line.SentAt);
                    busy.Remove(socket);
                    idle.Push(line);
                }
            }

            if (ready.Count == 0 && Stopwatch.GetElapsedTime(lastAnswer) > AnswerTimeMax)
            {
                throw new InvalidOperationException($"{busy.Count} requests were not answered for {AnswerTimeMax}.");
            }
        }

        return new Load(ticks.Count, Stopwatch.GetElapsedTime(started, lastAnswer), ticks);
    }

    private sealed class Line(Socket socket, byte[] expected, bool hasBody)
    {
        private readonly byte[] _answer = new byte[hasBody ? PageBytesMax : AnswerBytesMax];
        private int _length;

        public Socket Socket => socket;

        public long SentAt { get; set; }

        public int Largest { get; private set; }

        /// <summary>Takes what has arrived. Whether the answer is whole.</summary>
        /// <exception cref="InvalidOperationException">The answer has another status, or the connection was closed.</exception>
        public bool Receive()
        {
            var read = socket.Receive(_answer, _length, _answer.Length - _length, SocketFlags.None);
            _length += read;
            var answer = _answer.AsSpan(0, _length);
            if (read > 0 && !answer.EndsWith(hasBody ? "\r\n0\r\n\r\n"u8 : "\r\n\r\n"u8) && !(hasBody && !answer.StartsWith(expected) && answer.EndsWith("\r\n\r\n"u8)))
            {
                return false;
            }

            // An expected answer ends with its headers, or with an empty chunk; any other ends the run.
            if (!answer.StartsWith(expected))
            {
                throw new InvalidOperationException($"The server answered: {Encoding.UTF8.GetString(answer)}");
            }

            Largest = Math.Max(Largest, _length);
            _length = 0;
            return true;
        }
    }
}

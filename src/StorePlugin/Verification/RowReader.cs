// The rows of one prepared command, a value at a time: on SQLite the statement itself is asked, which the driver does up to five times a value.
using System.Data.Common;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace StorePlugin.Verification;

/// <summary>Rows of one table say much the same in a column: what a row says as the one before it is not made anew.</summary>
internal sealed class RowReader
{
    // Ids, words and hashes; what is longer is JSON, and of its own.
    private const int RepeatedLengthMax = 80;

    private DbDataReader _rows = null!;
    private sqlite3_stmt? _statement;
    private Repeated[] _repeated = [];

    /// <summary>Takes the rows of a run of the command.</summary>
    public void Begin(DbDataReader rows)
    {
        (_rows, _statement) = (rows, (rows as SqliteDataReader)?.Handle);
        _repeated = _repeated.Length > 0 ? _repeated : new Repeated[rows.FieldCount];
    }

    public bool IsNull(int column) => _statement is null ? _rows.IsDBNull(column) : raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Number(int column) => _statement is null ? _rows.GetInt64(column) : raw.sqlite3_column_int64(_statement, column);

    public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

    public string Text(int column) => TextOrNull(column) ?? throw new InvalidCastException($"The column {column} has no text.");

    public string? TextOrNull(int column)
    {
        if (_statement is null)
        {
            return _rows.IsDBNull(column) ? null : _rows.GetString(column);
        }

        // Of an empty text the statement gives no bytes either.
        var bytes = raw.sqlite3_column_blob(_statement, column);
        return bytes.IsEmpty ? IsNull(column) ? null : ""
            : bytes.Length > RepeatedLengthMax ? Encoding.UTF8.GetString(bytes)
            : _repeated[column].Of(bytes);
    }

    private struct Repeated
    {
        private byte[]? _bytes;
        private int _length;
        private string _text;

        public string Of(ReadOnlySpan<byte> bytes)
        {
            _bytes ??= new byte[RepeatedLengthMax];
            if (_text is null || !bytes.SequenceEqual(_bytes.AsSpan(0, _length)))
            {
                bytes.CopyTo(_bytes);
                (_length, _text) = (bytes.Length, Encoding.UTF8.GetString(bytes));
            }

            return _text;
        }
    }
}

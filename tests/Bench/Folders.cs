// Folders that are thrown away afterwards, on a disk that keeps its word about fsync.
namespace StorePlugin.Bench;

/// <summary>A folder of one run; it goes when the run is over.</summary>
internal sealed class Folders : IDisposable
{
    private readonly string _root;
    private int _count;

    public Folders(string parent)
    {
        _root = Path.Combine(parent, "storeplugin-bench-" + Path.GetRandomFileName());
        Directory.CreateDirectory(_root);
    }

    /// <summary>A new folder, empty or with the files of another.</summary>
    public string New(string? like = null)
    {
        var folder = Path.Combine(_root, Interlocked.Increment(ref _count).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        foreach (var file in like is null ? [] : Directory.GetFiles(like))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}

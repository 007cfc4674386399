// Folders that are thrown away afterwards, on a disk that keeps its word about fsync.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StorePlugin.Bench;

/// <summary>A folder of one run; it goes when the run is over.</summary>
internal sealed partial class Folders : IDisposable
{
    // POSIX_FADV_DONTNEED of Linux.
    private const int NotNeeded = 4;

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
            Forget(file);
        }

        return folder;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Gives the memory back that the system keeps a file in: a large original beside its copy leaves none for what is measured.</summary>
    private static void Forget(string file)
    {
        if (OperatingSystem.IsLinux())
        {
            using var handle = File.OpenHandle(file);
            _ = Advise(handle, 0, 0, NotNeeded);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}

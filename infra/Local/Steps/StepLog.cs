using System.Text;
using Limpid.Local.Storage;

namespace Limpid.Local.Steps;

/// <summary>
/// What a command prints, in <c>logs/TABLE/STEP.log</c> of the state folder, until the next attempt: of much its first and its last
/// half of <see cref="Most"/> bytes. Thread-safe.
/// </summary>
internal sealed class StepLog : IDisposable
{
    public const int Most = 1024 * 1024;

    private const int Half = Most / 2;

    private readonly FileStream _file;
    private readonly Lock _gate = new();
    private byte[]? _last;
    private long _printed;
    private long _afterHalf;

    /// <exception cref="IOException">It can't be written.</exception>
    public StepLog(string state, string table, string step)
    {
        Place = $"logs/{table}/{step}.log";
        string path = Path.Combine(state, Place);
        SqliteDatabase.CreateFolder(Path.GetDirectoryName(path)!);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(path, options);
    }

    /// <summary>Where it lies in the state folder.</summary>
    public string Place { get; }

    public void Write(ReadOnlySpan<byte> printed)
    {
        lock (_gate)
        {
            int first = (int)Math.Min(Math.Max(0, Half - _printed), printed.Length);
            _printed += first;
            TryWrite(printed[..first]);
            foreach (byte later in printed[first..])
                (_last ??= new byte[Half])[_afterHalf++ % Half] = later;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_last is { } last)
            {
                if (_afterHalf > Half)
                    TryWrite(Encoding.UTF8.GetBytes(FormattableString.Invariant($"\n... {_afterHalf - Half} bytes are not kept ...\n")));
                int start = _afterHalf > Half ? (int)(_afterHalf % Half) : 0;
                TryWrite(last.AsSpan(start, (int)Math.Min(_afterHalf, Half) - start));
                TryWrite(last.AsSpan(0, start));
            }
            _file.Dispose();
        }
    }

    // A command must not stand still because nobody can keep what it prints.
    private void TryWrite(ReadOnlySpan<byte> printed)
    {
        try
        {
            _file.Write(printed);
        }
        catch (IOException)
        {
        }
    }
}

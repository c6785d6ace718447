namespace Limpid.Core.Formats;

/// <summary>
/// Looks for the end of a row that is too long to be held, whatever it is made of: the first newline outside quotes, by the same rules
/// as <see cref="CsvRow"/>.
/// </summary>
internal sealed class CsvSkip(long line, long offset)
{
    private State _state = State.FieldStart;
    private bool _endsInReturn;
    private long _length;

    private enum State
    {
        FieldStart,
        Unquoted,
        Quoted,
        BehindQuote,
    }

    /// <summary>The line on which the row begins.</summary>
    public long Line => line;

    public long Offset => offset;

    /// <summary>In bytes, without the line ending, once the end was found.</summary>
    public long Length => _endsInReturn ? _length - 1 : _length;

    /// <summary>Newlines inside the row.</summary>
    public long NewLines { get; private set; }

    /// <summary>How many bytes of these belong to the row; fewer than all of them where its newline stands there.</summary>
    public int Pass(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            byte b = bytes[i];
            if (_state == State.Quoted)
            {
                if (b == '"')
                    _state = State.BehindQuote;
                else if (b == '\n')
                    NewLines++;
                continue;
            }
            if (b == '\n')
            {
                _endsInReturn = i > 0 ? bytes[i - 1] == '\r' : _endsInReturn;
                _length += i;
                return i;
            }
            _state = b switch
            {
                (byte)',' => State.FieldStart,
                (byte)'"' when _state is State.FieldStart or State.BehindQuote => State.Quoted,
                _ => State.Unquoted,
            };
        }
        _length += bytes.Length;
        _endsInReturn = bytes is [.., (byte)'\r'] || (bytes.IsEmpty && _endsInReturn);
        return bytes.Length;
    }

    /// <summary>The content ended in the row: a carriage return at its end is no line ending.</summary>
    public void End() => _endsInReturn = false;
}

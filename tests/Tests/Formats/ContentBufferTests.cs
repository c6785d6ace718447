using System.Text;
using Limpid.Core.Formats;

namespace Limpid.Tests.Formats;

public class ContentBufferTests
{
    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(2, 100_000)]
    [InlineData(3, 7_001)]
    public async Task Bytes_come_in_order_whatever_is_left_of_the_window_before(int seed, int readAtMost)
    {
        var random = new Random(seed);
        byte[] content = new byte[3_000_000];
        random.NextBytes(content);
        await using var window = new ContentBuffer(new ShortReads(content, readAtMost), limit: 1_000_000);
        int at = 0;
        while (!window.AtEnd || !window.Unread.IsEmpty)
        {
            await window.FillAsync(TestContext.Current.CancellationToken);
            Assert.Equal(at, window.Offset);
            Assert.True(content.AsSpan(at, window.Unread.Length).SequenceEqual(window.Unread), $"seed {seed}, offset {at}");
            // Nothing, a little and nearly all of it left: the window is swapped, kept and grown.
            int left = random.Next(4) switch { 0 => 0, 1 => random.Next(20_000), 2 => random.Next(600_000), _ => window.Unread.Length - 1 };
            int taken = Math.Max(1, window.Unread.Length - left);
            taken = window.Unread.IsEmpty ? 0 : Math.Min(taken, window.Unread.Length);
            window.Advance(taken);
            at += taken;
        }
        Assert.Equal(content.Length, at);
    }

    [Fact]
    public async Task A_row_of_any_length_up_to_the_limit_stands_in_it_whole()
    {
        byte[] content = Encoding.ASCII.GetBytes(new string('a', 900_000) + "\n" + new string('b', 900_000) + "\n");
        await using var window = new ContentBuffer(new ShortReads(content, 50_000), limit: 1_000_000);
        for (int row = 0; row < 2; row++)
        {
            int newline;
            while ((newline = window.Unread.IndexOf((byte)'\n')) < 0)
            {
                Assert.False(window.AtEnd || window.IsFull);
                await window.FillAsync(TestContext.Current.CancellationToken);
            }
            Assert.Equal(900_000, newline);
            window.Advance(newline + 1);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_is_told_when_its_bytes_are_asked_for()
    {
        var broken = new Breaks(after: 1_000_000);
        await using var window = new ContentBuffer(broken, limit: 2_000_000);
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (!window.AtEnd)
            {
                await window.FillAsync(TestContext.Current.CancellationToken);
                window.Advance(window.Unread.Length);
            }
        });
        Assert.True(window.Offset <= 1_000_000);
    }

    [Fact]
    public async Task What_is_read_ahead_is_waited_for_before_its_memory_goes_to_others()
    {
        var slow = new Gate();
        var window = new ContentBuffer(slow, limit: 2_000_000);
        await window.FillAsync(TestContext.Current.CancellationToken);
        ValueTask closing = window.DisposeAsync();
        Assert.False(closing.IsCompleted);
        slow.Open();
        await closing;
    }

    private sealed class Breaks(int after) : MemoryStream(new byte[after])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == Length ? throw new IOException("broken") : await base.ReadAsync(buffer, cancellationToken);
    }

    /// <summary>Gives the first window at once, and nothing more until it is opened.</summary>
    private sealed class Gate : MemoryStream
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _given;

        public void Open() => _open.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given)
                await _open.Task;
            int given = _given ? 0 : buffer.Length;
            _given = true;
            return given;
        }
    }
}

using Limpid.Core.Ports;

namespace Limpid.Tests.Approvals;

internal sealed class CrashException : Exception
{
    public CrashException()
        : base("the process died here")
    {
    }
}

/// <summary>Ports of which the n-th write fails, before it happens or with its answer lost; and a point to yield at on every call.</summary>
internal sealed class FaultyTable(IStateTable inner) : IStateTable
{
    /// <summary>The write, from 1, that dies; 0 for none.</summary>
    public int DiesAt { get; set; }

    /// <summary>Whether it dies after the write happened.</summary>
    public bool AfterEffect { get; set; }

    public int Writes { get; private set; }

    /// <summary>Awaited before every call: where another task may come in between.</summary>
    public Func<Task>? Turn { get; set; }

    public async Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation)
    {
        await TurnAsync();
        return await inner.GetAsync(partition, sort, cancellation);
    }

    public async IAsyncEnumerable<StateItem> QueryAsync(
        string partition, string sortPrefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await TurnAsync();
        await foreach (StateItem item in inner.QueryAsync(partition, sortPrefix, cancellation))
            yield return item;
    }

    public async Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation)
    {
        await TurnAsync();
        Strike(false);
        bool done = await inner.TryPutAsync(item, cancellation);
        Strike(true);
        return done;
    }

    public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) =>
        inner.TryDeleteAsync(partition, sort, version, cancellation);

    private Task TurnAsync() => Turn?.Invoke() ?? Task.CompletedTask;

    private void Strike(bool after)
    {
        if (!after)
            Writes++;
        if (Writes == DiesAt && AfterEffect == after)
            throw new CrashException();
    }
}

namespace Limpid.Local;

/// <summary>Work on the same things is done one after the other, in the order in which it came; on others at the same time.</summary>
internal sealed class Turns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _last = [];

    public async Task<T> TakeAsync<T>(IReadOnlyCollection<string> things, Func<Task<T>> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        // All of them at once: two that each had one of the other's would wait for ever.
        lock (_lock)
        {
            before = Task.WhenAll([.. things.Select(thing => _last.GetValueOrDefault(thing, Task.CompletedTask))]);
            foreach (string thing in things)
                _last[thing] = done.Task;
        }
        try
        {
            await before;
            return await work();
        }
        finally
        {
            lock (_lock)
            {
                foreach (string thing in things)
                {
                    if (_last[thing] == done.Task)
                        _last.Remove(thing);
                }
            }
            done.SetResult();
        }
    }
}

using Limpid.Core.Index;
using Limpid.Core.Ports;
using Limpid.Core.Subjects;
using Limpid.Functions;

namespace Limpid.Tests.Scenarios;

/// <summary>How a side effect goes wrong.</summary>
public enum Crash
{
    /// <summary>The process dies, and the effect never happened.</summary>
    Before,

    /// <summary>The process dies, and the effect happened.</summary>
    After,

    /// <summary>The effect happened, the process lives, and the call ends as a failure.</summary>
    AnswerLost,
}

internal sealed class ProcessDiedException() : Exception("the process died here");

/// <summary>Numbers every side effect behind a set of ports, and goes wrong at one of them. A dead process does nothing more until it is started again.</summary>
/// <param name="every">How many effects later it goes wrong again, and so on; 0: never.</param>
internal sealed class CrashPoint(int at, Crash crash, int every = 0) : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _death = new();

    /// <summary>Goes wrong at the first effect of this name too.</summary>
    public string? Named { get; init; }

    /// <summary>How many side effects there were.</summary>
    public int Effects { get; private set; }

    public bool IsDead { get; private set; }

    /// <summary>The effect that went wrong.</summary>
    public string? Where { get; private set; }

    public CancellationToken Death => _death.Token;

    public void StartAgain()
    {
        lock (_lock)
        {
            if (!IsDead)
                return;
            IsDead = false;
            _death.Dispose();
            _death = new CancellationTokenSource();
        }
    }

    public Ports Around(Ports ports) => ports with
    {
        Objects = new Store(ports.Objects, this, "lake"),
        Evidence = new Store(ports.Evidence, this, "evidence"),
        Index = new Index(ports.Index, this),
        State = new Table(ports.State, this),
        Mailer = new Mailer(ports.Mailer, this),
    };

    public IWorkflows Around(IWorkflows workflows) => new Workflows(workflows, this);

    public void Dispose() => _death.Dispose();

    private void Live()
    {
        if (IsDead)
            throw new ProcessDiedException();
    }

    private async Task<T> EffectAsync<T>(string what, Func<Task<T>> effect)
    {
        bool isIt;
        lock (_lock)
        {
            Live();
            isIt = ++Effects == at || (what == Named && Where is null) || (every > 0 && Effects > at && (Effects - at) % every == 0);
        }
        if (isIt && crash == Crash.Before)
            Die(what);
        T result = await effect();
        if (isIt && crash == Crash.After)
            Die(what);
        if (isIt && crash == Crash.AnswerLost)
        {
            Where = what;
            throw new IOException("the answer was lost");
        }
        Live();
        return result;
    }

    private Task EffectAsync(string what, Func<Task> effect) => EffectAsync(what, async () =>
    {
        await effect();
        return true;
    });

    private void Die(string what)
    {
        lock (_lock)
        {
            Where = what;
            IsDead = true;
        }
        _death.Cancel();
        throw new ProcessDiedException();
    }

    private sealed class Store(IObjectStore inner, CrashPoint point, string name) : IObjectStore
    {
        public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellation)
        {
            point.Live();
            return inner.ListAsync(prefix, after, cancellation);
        }

        public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellation)
        {
            point.Live();
            return inner.HeadAsync(key, cancellation);
        }

        public Task<Stream> OpenReadAsync(ObjectInfo read, long offset, CancellationToken cancellation)
        {
            point.Live();
            return inner.OpenReadAsync(read, offset, cancellation);
        }

        public Task<StoreResult> ReplaceAsync(
            ObjectInfo read, Func<Stream, CancellationToken, Task> write, Func<Stream, CancellationToken, Task<bool>> prove, CancellationToken cancellation) =>
            point.EffectAsync($"{name} replace {read.Key}", () => inner.ReplaceAsync(read, write, prove, cancellation));

        public IAsyncEnumerable<ObjectInfo> VersionsAsync(string key, CancellationToken cancellation)
        {
            point.Live();
            return inner.VersionsAsync(key, cancellation);
        }

        public Task<ObjectInfo?> HeadVersionAsync(ObjectInfo listed, CancellationToken cancellation)
        {
            point.Live();
            return inner.HeadVersionAsync(listed, cancellation);
        }

        public ValueTask<IReadOnlyDictionary<string, string>?> TagsAsync(ObjectInfo read, CancellationToken cancellation)
        {
            point.Live();
            return inner.TagsAsync(read, cancellation);
        }

        public Task<StoreResult> RemoveAsync(ObjectInfo read, Func<CancellationToken, Task<bool>> isStill, CancellationToken cancellation) =>
            point.EffectAsync($"{name} remove {read.Key}", () => inner.RemoveAsync(read, isStill, cancellation));

        public Task<StoreResult> DeleteAsync(ObjectInfo read, CancellationToken cancellation) =>
            point.EffectAsync($"{name} delete {read.Key}", () => inner.DeleteAsync(read, cancellation));

        public Task<StoreResult> CreateAsync(string key, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) =>
            point.EffectAsync($"{name} create {key}", () => inner.CreateAsync(key, write, cancellation));
    }

    private sealed class Index(ISubjectIndex inner, CrashPoint point) : ISubjectIndex
    {
        public Task<ObjectRecord?> GetAsync(string objectId, string version, CancellationToken cancellation)
        {
            point.Live();
            return inner.GetAsync(objectId, version, cancellation);
        }

        public Task<bool> TryPutAsync(ObjectRecord record, CancellationToken cancellation) =>
            point.EffectAsync($"index put {record.Object}", () => inner.TryPutAsync(record, cancellation));

        public Task WriteEntriesAsync(ObjectRecord record, long generation, IEnumerable<IndexEntry> entries, CancellationToken cancellation) =>
            point.EffectAsync($"index entries {record.Object}", () => inner.WriteEntriesAsync(record, generation, entries, cancellation));

        public Task SweepAsync(string objectId, string version, long keep, CancellationToken cancellation) =>
            point.EffectAsync($"index sweep {objectId}", () => inner.SweepAsync(objectId, version, keep, cancellation));

        public IAsyncEnumerable<IndexHit> FindAsync(SubjectKey subject, CancellationToken cancellation) => inner.FindAsync(subject, cancellation);

        public IAsyncEnumerable<ObjectRecord> VersionsAsync(string objectId, CancellationToken cancellation)
        {
            point.Live();
            return inner.VersionsAsync(objectId, cancellation);
        }

        public IAsyncEnumerable<ObjectRecord> ListAsync(string dataset, RecordPlace? after, CancellationToken cancellation) => inner.ListAsync(dataset, after, cancellation);
    }

    private sealed class Table(IStateTable inner, CrashPoint point) : IStateTable
    {
        public Task<StateItem?> GetAsync(string partition, string sort, CancellationToken cancellation)
        {
            point.Live();
            return inner.GetAsync(partition, sort, cancellation);
        }

        public IAsyncEnumerable<StateItem> QueryAsync(string partition, string sortPrefix, CancellationToken cancellation) =>
            inner.QueryAsync(partition, sortPrefix, cancellation);

        public Task<bool> TryPutAsync(StateItem item, CancellationToken cancellation) =>
            point.EffectAsync($"state put {item.Sort}", () => inner.TryPutAsync(item, cancellation));

        public Task<bool> TryDeleteAsync(string partition, string sort, long version, CancellationToken cancellation) =>
            point.EffectAsync($"state delete {sort}", () => inner.TryDeleteAsync(partition, sort, version, cancellation));
    }

    private sealed class Mailer(IMailer inner, CrashPoint point) : IMailer
    {
        public Task SendAsync(Mail mail, CancellationToken cancellation) => point.EffectAsync($"mail {mail.Subject}", () => inner.SendAsync(mail, cancellation));
    }

    private sealed class Workflows(IWorkflows inner, CrashPoint point) : IWorkflows
    {
        public Task<StartOutcome> StartAsync(string stateMachine, string name, string input, CancellationToken cancellation) =>
            point.EffectAsync($"start {stateMachine}", () => inner.StartAsync(stateMachine, name, input, cancellation));

        public Task<ExecutionInfo?> DescribeAsync(string stateMachine, string name, CancellationToken cancellation) => inner.DescribeAsync(stateMachine, name, cancellation);

        public Task StopAsync(string stateMachine, string name, string error, string cause, CancellationToken cancellation) =>
            point.EffectAsync($"stop {stateMachine}", () => inner.StopAsync(stateMachine, name, error, cause, cancellation));

        public Task<CallbackOutcome> SendTaskSuccessAsync(string token, string output, CancellationToken cancellation) =>
            point.EffectAsync("answer", () => inner.SendTaskSuccessAsync(token, output, cancellation));

        public Task<CallbackOutcome> SendTaskFailureAsync(string token, string error, string cause, CancellationToken cancellation) =>
            point.EffectAsync("answer", () => inner.SendTaskFailureAsync(token, error, cause, cancellation));
    }
}

using Limpid.Core.Ports;
using Limpid.Local;
using Limpid.Local.Services;
using Limpid.Local.StateMachines;
using Limpid.Local.Steps;
using Limpid.Tests.InMemory;

namespace Limpid.Tests.Services;

/// <summary>The local services in a folder of their own, called as tasks call them.</summary>
internal sealed class ServicesBench : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("limpid-services-").FullName;
    private ServicesDatabase database;
    private int attempt;

    public ServicesBench() => database = new ServicesDatabase(folder);

    public VirtualTime Time { get; } = new();

    public MemoryStore Lake { get; } = new(new VirtualTime());

    public MemoryStore Evidence { get; } = new(new VirtualTime());

    public Outbox Mails { get; } = new();

    public LocalIntegrations Tasks => new(
        new FunctionTasks(new StateMachines.ScriptedTasks()), new MessageTasks(database, Time), new MailTasks(from => Mails.From(from)), new TableTasks(database),
        new ObjectTasks(bucket => bucket == "lake" ? Lake : bucket == LocalStateMachines.EvidenceBucket ? Evidence : null),
        new StepActivity(() => throw new NotSupportedException("there is no lake"), new LakeFolder(folder, folder)), Time);

    public IReadOnlyList<SentMessage> Messages(string? to = null) => MessageTasks.List(database, to);

    /// <summary>Another attempt each time, unless one is given.</summary>
    public async Task<TaskResult> CallAsync(string resource, string parameters, int? of = null)
    {
        Assert.True(TaskResource.TryParse($"arn:aws:states:::{resource}", out TaskResource? parsed));
        Assert.True(LocalIntegrations.Supports(parsed), resource);
        var origin = new TaskOrigin(Arns.Execution("m", "one"), Arns.StateMachine("m"), "1/1", of ?? ++attempt);
        return await Tasks.CallAsync(new(parsed, JsonData.Parse(parameters), origin), TestContext.Current.CancellationToken);
    }

    /// <summary>The answer without the metadata of optimized integrations.</summary>
    public async Task<JsonData> AnswerAsync(string resource, string parameters)
    {
        TaskResult result = await CallAsync(resource, parameters);
        Assert.True(result.Output is not null, $"{result.Error}: {result.Cause}");
        return JsonData.Object(result.Output.Members.Where(m => !m.Key.StartsWith("Sdk", StringComparison.Ordinal)));
    }

    public async Task<string> ErrorAsync(string resource, string parameters)
    {
        TaskResult result = await CallAsync(resource, parameters);
        Assert.True(result.Error is not null, $"it answered {result.Output}");
        return $"{result.Error}: {result.Cause}";
    }

    /// <summary>What a new process sees.</summary>
    public void Reopen()
    {
        database.Dispose();
        database = new ServicesDatabase(folder);
    }

    public void Dispose()
    {
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    internal sealed class Outbox
    {
        public Dictionary<string, (string From, Mail Mail)> Sent { get; } = [];

        public IMailer From(string from) => new Sender(this, from);

        private sealed class Sender(Outbox outbox, string from) : IMailer
        {
            public Task SendAsync(Mail mail, CancellationToken cancellation)
            {
                outbox.Sent[mail.Id] = (from, mail);
                return Task.CompletedTask;
            }
        }
    }
}

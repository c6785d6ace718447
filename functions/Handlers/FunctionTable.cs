using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Limpid.Functions;

/// <summary>What makes a function run.</summary>
internal enum Trigger
{
    /// <summary>A step of a state machine.</summary>
    Workflow,

    /// <summary>Objects that were created, overwritten or removed in the lake.</summary>
    LakeEvent,

    /// <summary>A call that waits for the answer, from a tool or an API.</summary>
    Call,

    /// <summary>An approver's browser.</summary>
    Page,
}

/// <summary>One function: what it is called, what makes it run, what it does, and how it is built from the ports.</summary>
/// <param name="Name">Verb and noun, as in <c>LIMPID_FUNCTION</c>; in state machines <c>${EraseRows}</c> stands for <c>erase-rows</c>.</param>
internal sealed record Function(string Name, Trigger Trigger, string Does, Func<Ports, Handler> Build)
{
    public string Placeholder => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    public static Function Of<TIn, TOut>(
        string name, Trigger trigger, string does, JsonTypeInfo<TIn> input, JsonTypeInfo<TOut> output,
        Func<Ports, Func<TIn, CancellationToken, Task<TOut>>> build) =>
        new(name, trigger, does, ports =>
        {
            Func<TIn, CancellationToken, Task<TOut>> handle = build(ports);
            return async (payload, cancellation) =>
            {
                TIn value;
                try
                {
                    value = JsonSerializer.Deserialize(payload.Span, input) ?? throw new JsonException("the event is null");
                }
                catch (JsonException bad)
                {
                    throw new BadEventException(name, bad.Path ?? "$");
                }
                return JsonSerializer.SerializeToUtf8Bytes(await handle(value, cancellation), output);
            };
        });
}

/// <summary>Takes the event's JSON, returns the result's.</summary>
internal delegate Task<ReadOnlyMemory<byte>> Handler(ReadOnlyMemory<byte> payload, CancellationToken cancellation);

/// <summary>The event is not of the function's shape. It says where and never what: the event may hold an identifier.</summary>
internal sealed class BadEventException(string function, string path)
    : Exception($"the event is not what {function} takes, at {path}");

/// <summary>The only list of functions: Cdk makes functions from it, Local wires it in one process, the README's table is generated from it.</summary>
internal static class FunctionTable
{
    public static IReadOnlyList<Function> All { get; } =
    [
    ];
}

namespace Limpid.Tests.Scenarios;

/// <summary>How a call of a state machine goes wrong.</summary>
public enum Mishap
{
    /// <summary>It fails, and nothing happened.</summary>
    Before,

    /// <summary>It happened, and fails all the same.</summary>
    AnswerLost,

    /// <summary>It happens twice, as Lambda may have it; where a second time is another time, as <see cref="AnswerLost"/>.</summary>
    Twice,

    /// <summary>What writes rows writes a part of them and fails; other calls as <see cref="Before"/>.</summary>
    HalfWay,

    /// <summary>It happened, and the run dies.</summary>
    RunDies,

    /// <summary>The run dies, and what writes rows goes on when the next run is over.</summary>
    Late,
}

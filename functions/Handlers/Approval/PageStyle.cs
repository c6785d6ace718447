namespace Limpid.Functions.Approvals;

/// <summary>The pages' one style sheet; the content security policy names its hash.</summary>
internal static class PageStyle
{
    public const string Css = """
        :root{--bg:#f4f6f5;--card:#fff;--ink:#16211f;--soft:#4c5a57;--line:#d5dddb;--accent:#0b6e69;--accent-ink:#fff;--tint:#e4f1ef;--warn:#7a4a00;--warn-bg:#fff4de;--warn-line:#e8c988;--bad:#a3211d;--bad-bg:#fdeceb;--bad-line:#efb6b3;--field:#71817d;--shadow:0 1px 2px rgba(16,40,36,.06),0 4px 16px rgba(16,40,36,.05)}
        @media (prefers-color-scheme:dark){:root{--bg:#0f1514;--card:#18211f;--ink:#e8efed;--soft:#a9b8b4;--line:#2e3b38;--accent:#58c4ba;--accent-ink:#06211e;--tint:#173330;--warn:#f2c879;--warn-bg:#2e2411;--warn-line:#5e4a1f;--bad:#ff9d98;--bad-bg:#351a19;--bad-line:#6d3331;--field:#82938f;--shadow:none}}
        *{box-sizing:border-box}
        html{font-size:100%;-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
        body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
        .wrap{max-width:46rem;margin:0 auto;padding-left:1.25rem;padding-right:1.25rem}
        .top{border-bottom:1px solid var(--line);background:var(--card)}
        .top .wrap{display:flex;justify-content:space-between;align-items:center;gap:1rem;padding-top:.85rem;padding-bottom:.85rem}
        .brand{display:inline-flex;align-items:center;gap:.45rem;font-weight:650;letter-spacing:.01em}
        .brand svg{fill:var(--accent)}
        .lake{color:var(--soft);font-size:.9rem}
        .skip{position:absolute;left:-999px}
        .skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem .8rem;z-index:1}
        main{padding-top:2rem;padding-bottom:1rem}
        h1{font-size:clamp(1.55rem,1.2rem + 1.7vw,2.1rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .6rem;text-wrap:balance}
        h2{font-size:1.2rem;line-height:1.3;margin:2.6rem 0 .8rem;letter-spacing:-.005em}
        h3{font-size:1.05rem;line-height:1.35;margin:0}
        p{margin:0 0 .8rem}
        p:last-child,ul:last-child{margin-bottom:0}
        a{color:var(--accent)}
        .lead{font-size:1.075rem;color:var(--soft)}
        .soft{color:var(--soft)}
        .small{font-size:.9rem}
        .card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;box-shadow:var(--shadow);margin:0 0 1rem}
        .message{margin-top:1rem;padding:1.75rem}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.4rem 0 1rem;padding:0;list-style:none}
        .figures li{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:.85rem 1rem;box-shadow:var(--shadow)}
        .figures b{display:block;font-size:1.45rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .figures span{display:block;color:var(--soft);font-size:.9rem;line-height:1.35}
        .figures .late{border-color:var(--bad-line);background:var(--bad-bg)}
        .figures .late b,.figures .late span{color:var(--bad)}
        dl.facts{display:grid;grid-template-columns:minmax(9rem,auto) 1fr;gap:.5rem 1.25rem;margin:0}
        dl.facts dt{color:var(--soft)}
        dl.facts dd{margin:0;min-width:0}
        table{width:100%;border-collapse:collapse;margin:.9rem 0 0}
        th,td{text-align:left;vertical-align:top;padding:.5rem 0;border-top:1px solid var(--line);font-weight:400}
        th{color:var(--soft);width:44%;padding-right:1rem}
        td{font-variant-numeric:tabular-nums}
        .head{display:flex;flex-wrap:wrap;gap:.35rem .75rem;align-items:center;justify-content:space-between}
        .tag{font-size:.82rem;line-height:1.5;border:1px solid var(--line);border-radius:999px;padding:.1rem .65rem;color:var(--soft)}
        .tag.you{background:var(--tint);border-color:transparent;color:var(--accent);font-weight:600}
        .what{margin:.5rem 0 0}
        .note{border:1px solid var(--warn-line);background:var(--warn-bg);border-radius:10px;padding:.75rem 1rem;margin:.9rem 0 0}
        .note strong{color:var(--warn)}
        .alert{border:1px solid var(--bad-line);background:var(--bad-bg);border-radius:14px;padding:1rem 1.25rem;margin:0 0 1.25rem}
        .alert strong{color:var(--bad)}
        .good{border:1px solid transparent;background:var(--tint);border-radius:14px;padding:1rem 1.25rem;margin:0 0 1.25rem}
        ul{padding-left:1.2rem;margin:.4rem 0 .8rem}
        .card>ul:first-child{margin-top:0}
        li{margin:.25rem 0}
        details{margin:.9rem 0 0}
        summary{cursor:pointer;color:var(--accent);font-weight:600;padding:.3rem 0}
        code{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
        form{margin:0}
        label,legend{font-weight:600}
        .hint{display:block;font-weight:400;color:var(--soft);font-size:.9rem;margin:.1rem 0 .4rem}
        .error{display:block;color:var(--bad);font-weight:600;font-size:.95rem;margin:.1rem 0 .4rem}
        .field{margin:0 0 1.2rem}
        input[type=text],select,textarea{display:block;width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--field);border-radius:10px;padding:.65rem .8rem;height:2.9rem;line-height:1.4}
        textarea{height:auto;min-height:6.5rem;resize:vertical;line-height:1.5}
        input.code{max-width:14rem;font-size:1.3rem;letter-spacing:.12em;font-variant-numeric:tabular-nums}
        .row{display:grid;grid-template-columns:minmax(8rem,1fr) 2fr auto;gap:.75rem;align-items:end}
        .row .field{margin:0}
        fieldset{border:0;padding:0;margin:0 0 1.2rem;min-width:0}
        legend{padding:0;margin:0 0 .4rem}
        .choice{display:flex;gap:.75rem;align-items:flex-start;border:1px solid var(--field);border-radius:12px;padding:.8rem 1rem;margin:0 0 .6rem;font-weight:400;cursor:pointer}
        .choice input{width:1.2rem;height:1.2rem;margin:.2rem 0 0;accent-color:var(--accent);flex:none}
        .choice:has(input:checked){border-color:var(--accent);background:var(--tint)}
        .choice b{display:block}
        button{font:inherit;font-weight:650;border-radius:10px;border:1px solid var(--accent);background:var(--accent);color:var(--accent-ink);padding:.65rem 1.3rem;min-height:2.9rem;cursor:pointer}
        button.plain{background:transparent;color:var(--accent)}
        button:hover{filter:brightness(1.08)}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        .choice:focus-within{outline:3px solid var(--accent);outline-offset:2px}
        .choice input:focus-visible{outline:none}
        ol.steps{list-style:none;padding:0;margin:0;counter-reset:step}
        ol.steps>li{counter-increment:step;position:relative;padding:0 0 1.6rem 3rem;margin:0}
        ol.steps>li:last-child{padding-bottom:0}
        ol.steps h3{margin:0 0 .35rem;line-height:1.8}
        ol.steps>li::before{content:counter(step);position:absolute;left:0;top:-.1rem;width:2rem;height:2rem;border-radius:50%;background:var(--tint);color:var(--accent);font-weight:650;display:grid;place-items:center}
        ol.steps>li:not(:last-child)::after{content:"";position:absolute;left:1rem;top:2.2rem;bottom:.4rem;width:1px;background:var(--line)}
        .foot{color:var(--soft);font-size:.85rem;padding-top:1.5rem;padding-bottom:3rem}
        @media (max-width:34rem){.wrap{padding-left:1rem;padding-right:1rem}.card{padding:1rem}dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin:0 0 .7rem}dl.facts dt{font-size:.9rem}.row{grid-template-columns:1fr}button{width:100%}th{width:48%}.figures{grid-template-columns:1fr 1fr}ol.steps>li{padding-left:0}ol.steps h3{margin:0 0 .35rem;line-height:1.8}
        ol.steps>li::before{position:static;margin-bottom:.6rem}ol.steps>li::after{display:none}}
        @media print{.skip,form,ol.steps{display:none}.card,.figures li{box-shadow:none;break-inside:avoid}}
        """;
}

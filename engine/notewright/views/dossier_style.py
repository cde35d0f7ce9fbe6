"""How a dossier looks: on a screen, light or dark, and on paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--line:#d5dae1;--paper:#fff;
--panel:#f5f7f9;--accent:#1f4e79;--good:#1b6b34;--bad:#a4262c;--mild:#8a5300;
--good-bg:#e6f4ea;--bad-bg:#fbe9ea;--mild-bg:#fdf3e0}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--soft:#9aa6b5;--line:#3a4451;
--paper:#14181e;--panel:#1c222a;--accent:#8ab8e6;--good:#7fd49a;--bad:#f2989d;--mild:#f0c071;
--good-bg:#16301f;--bad-bg:#3a1d20;--mild-bg:#372a14}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:62rem;background:var(--paper);
color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
h1,h2,h3{line-height:1.25;font-weight:600;text-wrap:balance}
h1{font-size:2.1rem;margin:.2rem 0 .4rem}
h2{font-size:1.45rem;margin:3.2rem 0 .6rem;padding-bottom:.35rem;
border-bottom:2px solid var(--accent)}
h3{font-size:1.05rem;margin:0}
p{margin:.4rem 0}
code,.hash{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.kicker{color:var(--accent);font-weight:600;letter-spacing:.08em;text-transform:uppercase;
font-size:.8rem;margin:0}
.soft{color:var(--soft)}.small{font-size:.88em}
table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.94em}
th{font-weight:600;color:var(--soft);font-size:.85em}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.identity th{width:13rem;font-size:.94em;white-space:nowrap}
.identity th,.identity td{vertical-align:baseline}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;overflow-wrap:normal}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:.8rem;font-size:.8rem;
font-weight:600;white-space:nowrap;color:var(--soft);background:var(--panel);
border:1px solid var(--line)}
.badge.good{color:var(--good);background:var(--good-bg);border-color:transparent}
.badge.bad{color:var(--bad);background:var(--bad-bg);border-color:transparent}
.badge.mild{color:var(--mild);background:var(--mild-bg);border-color:transparent}
.bar{display:block;height:.5rem;min-width:8rem;margin-top:.45rem;border-radius:.25rem;
background:var(--line);overflow:hidden}.bar span{display:block;height:100%;background:var(--accent)}
.warn{border-left:4px solid var(--bad);background:var(--bad-bg);padding:.6rem .9rem;margin:1rem 0}
nav ol{columns:2;column-gap:2.5rem;padding-left:1.3rem;margin:.6rem 0}nav li{margin:.15rem 0}
.clauses{table-layout:fixed}.clauses th:nth-child(1){width:15%}
.clauses th:nth-child(2){width:25%}.clauses th:nth-child(3){width:11%}
.clauses ul,.lacking ul{margin:0;padding:0;list-style:none}.clauses li+li{margin-top:.3rem}
.lacking{table-layout:fixed}.lacking th:nth-child(1){width:11%}
.lacking th:nth-child(2){width:20%}.lacking th:nth-child(4){width:29%}
.findings{table-layout:fixed}.findings th:nth-child(1){width:24%}
.findings th:nth-child(2){width:13%}.findings th:nth-child(4){width:19%}
article{margin:1.1rem 0;padding:.9rem 1.1rem;border:1px solid var(--line);border-radius:.5rem;
background:var(--panel)}
article header{display:flex;gap:.8rem;align-items:baseline;justify-content:space-between}
article:target,tr:target{outline:2px solid var(--accent);outline-offset:1px}
blockquote{margin:.6rem 0;padding:.2rem 0 .2rem .9rem;border-left:3px solid var(--accent);
white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr;gap:.15rem 1rem;margin:.6rem 0;
font-size:.92em}dt{color:var(--soft);overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}
.many{columns:3;column-gap:1.5rem;font-size:.86em;margin:.6rem 0}
.many div{break-inside:avoid;overflow-wrap:anywhere}
pre{margin:.3rem 0 1rem;padding:.7rem .9rem;background:var(--paper);border:1px solid var(--line);
border-radius:.35rem;font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
white-space:pre-wrap;overflow-wrap:anywhere}
.index{table-layout:fixed}.index th:nth-child(1){width:16%}.index th:nth-child(2){width:30%}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.8rem}
@media(max-width:46rem){nav ol,.many{columns:1}dl{grid-template-columns:1fr}
dd{margin-bottom:.4rem}.identity th{width:8rem;white-space:normal}
.clauses,.lacking,.findings,.index{table-layout:auto}}
@page{size:A4;margin:18mm 16mm 20mm;@bottom-right{content:counter(page) " of " counter(pages);
font:9pt system-ui,sans-serif;color:#5a6675}}
@media print{:root{color-scheme:light;--ink:#111;--soft:#4a5460;--line:#c9ced5;--paper:#fff;
--panel:#fff;--accent:#1f4e79;--good:#14562a;--bad:#8f1d23;--mild:#704300;--good-bg:#e6f4ea;
--bad-bg:#fbe9ea;--mild-bg:#fdf3e0}
html{font-size:12.5px}body{max-width:none;padding:0;font-size:9.5pt}a{color:inherit}h1{font-size:24pt}h2{font-size:15pt}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.title{break-after:page}h2{break-after:avoid;margin-top:0;padding-top:8mm}
.chapter{break-before:page}
tr,blockquote,header{break-inside:avoid}thead{display:table-header-group}
article{break-inside:auto;border-left:3px solid var(--line);border-radius:0}
article header{break-after:avoid}}
""".replace("\n", "")

//! scratch
use lab::load::*;
use std::time::Duration;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    if a[1] == "serve" {
        let body = r#"{"success":false,"code":"SOLD_OUT","message":"Sold out","remaining_stock":0}"#;
        let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        rt.block_on(async move {
            let app = axum::Router::new().route("/api/v1/coupons/issue", axum::routing::post(move |_b: axum::body::Bytes| async move { ([("content-type","application/json"),("x-trace-id","0b3c2d7e-1111-4222-8333-444455556666"),("ratelimit","\"ip\";r=999999;t=1")], body) }))
              .route("/", axum::routing::get(|| async { "Hello, World!" }));
            let l = tokio::net::TcpListener::bind("127.0.0.1:18999").await.unwrap();
            axum::serve(l, app).await.unwrap();
        });
    } else {
        let n: u64 = a[2].parse().unwrap(); let c: usize = a[3].parse().unwrap(); let t: usize = a[4].parse().unwrap();
        let plan = Plan { address: "127.0.0.1:18999".parse().unwrap(), connections: c, threads: t, until: Until::Requests(n), limits: Limits{answer_timeout: Duration::from_secs(10), ..Limits::default()} };
        let o = drive(&plan, |i, out| { let b = format!("{{\"user_id\":\"rush-{i:07}\",\"event_id\":\"rush-abcdefgh\"}}"); out.extend_from_slice(format!("POST /api/v1/coupons/issue HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{b}", b.len()).as_bytes()) }).unwrap();
        println!("t={t} {:?} {:.0}/s lost {} cpu {:?} p50 {} p99 {} max {}", o.elapsed, o.answers_per_second(), o.lost, o.generator_cpu_seconds, o.latency_us.value_at_quantile(0.5), o.latency_us.value_at_quantile(0.99), o.latency_us.max());
    }
}

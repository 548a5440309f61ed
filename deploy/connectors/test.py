#!/usr/bin/env python3
"""Tests the connectors with the real proxies; test.sh says how it is called.

For each proxy: a program with a line, a tiny site, the proxy in front of both as its folder has it, with other ports. Visitors are
HTTP clients with cookies. Each case is a sentence that is printed when it has held; the first that does not hold ends with 1.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
# Longest wait for a condition, in seconds.
PATIENCE = 60
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"
PAGE = "text/html,application/xhtml+xml"
CART = "/cart?size=9&to=%2F"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def until(what, holds):
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE} s: {what}")


class Site:
    """The site: says what was asked, and keeps it. It has a cookie of its own."""

    def __init__(self):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                asked.append((self.command, self.path, body, self.headers.get("Cookie") or ""))
                text = f"the shop: {self.path}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Set-Cookie", "shop=1; Path=/")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A proxy that ends breaks its connections.
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()

    def cookies(self):
        return self.headers.get_all("Set-Cookie") or []

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.text[:300]}"


class Visitor:
    """A browser: it keeps cookies, and follows no redirect by itself."""

    def __init__(self, port, cookies=None, agent=AGENT):
        self.port, self.jar, self.agent = port, dict(cookies or {}), agent

    def ask(self, address, method="GET", body=None, accept=PAGE, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"User-Agent": self.agent, "Accept": accept, "Connection": "close", **(headers or {})}
        if self.jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        try:
            connection.request(method, address, body=body, headers=sent)
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        for cookie in reply.cookies():
            name, value = cookie.split(";")[0].split("=", 1)
            self.jar[name] = value
        return reply


class Program:
    """Onsale with the line `shop`, which admits nobody at first."""

    def __init__(self, program, folder):
        self.port, data = free_port(), Path(folder, "data")
        made = subprocess.run(
            [program, "admin", "keys", "create", "--admin", "--data", data], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
        self.key = made.stdout.decode().strip()
        environment = {
            **os.environ,
            "ONSALE__QUEUE__LINES": "shop",
            "ONSALE__QUEUE__RATE_PER_SECOND": "0",
            "ONSALE__HTTP__TRUSTED_PROXIES": "127.0.0.1",
            "ONSALE__LOG__LEVEL": "warn",
        }
        self.log = open(Path(folder, "onsale.log"), "wb")
        words = [program, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", data]
        self.process = subprocess.Popen(words, cwd=folder, env=environment, stdout=self.log, stderr=self.log)
        until("the program is ready", self.is_ready)

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError("the program has ended: " + Path(self.log.name).read_text(errors="replace")[-2_000:])
        try:
            return Visitor(self.port).ask("/health/ready").status == 200
        except OSError:
            return False

    def rate(self, per_second):
        """How many visitors are admitted."""
        body = json.dumps({"ratePerSecond": per_second})
        headers = {"X-Api-Key": self.key, "Content-Type": "application/json"}
        reply = Visitor(self.port).ask("/queue/admin/queue:shop/rate", "PUT", body, headers=headers)
        assert reply.status == 204, reply

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


# ---- the proxies: what starts each, from its folder's files with these ports


def replaced(text, ports):
    listen, lines, site = ports
    text = re.sub(r"\b8080\b", str(lines), text)
    text = re.sub(r"\b3000\b", str(site), text)
    # Envoy; then Caddy, HAProxy, Traefik.
    text = text.replace("address: 0.0.0.0, port_value: 8090", f"address: 127.0.0.1, port_value: {listen}")
    return re.sub(r"(?m)^( *(?:bind |address: \")?):8090\b", lambda found: f"{found[1]}127.0.0.1:{listen}", text)


def filled(name, folder, ports, change=lambda text: text):
    """A copy of a file of the connector with this test's ports."""
    text = change(replaced((HERE / name).read_text(encoding="utf-8"), ports))
    said = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert not any(re.search(r"\b8090\b", line) for line in said), text
    file = Path(folder, Path(name).name)
    file.write_text(text, encoding="utf-8")
    return file


def caddy(program, folder, ports):
    # Without its own port for administrators, and without a certificate of its own.
    options = "{\n\tadmin off\n\tauto_https off\n}\n"
    # An address of a site in Caddy is a host; the port alone is what its file has.
    change = lambda text: options + text.replace(f"127.0.0.1:{ports[0]} {{", f":{ports[0]} {{\n\tbind 127.0.0.1")
    file = filled("caddy/Caddyfile", folder, ports, change)
    return [program, "run", "--config", file, "--adapter", "caddyfile"]


def haproxy(program, folder, ports):
    script = filled("haproxy/onsale.lua", folder, ports)
    file = filled("haproxy/haproxy.cfg", folder, ports, lambda text: text.replace("/etc/haproxy/onsale.lua", str(script)))
    subprocess.run([program, "-c", "-f", file], check=True, stdout=subprocess.DEVNULL)
    return [program, "-db", "-f", file]


def envoy(program, folder, ports):
    file = filled("envoy/envoy.yaml", folder, ports)
    return [program, "-c", file, "--concurrency", "1", "--log-level", "warning", "--disable-hot-restart"]


def traefik(program, folder, ports):
    shop = filled("traefik/shop.yml", folder, ports)
    file = filled("traefik/traefik.yml", folder, ports, lambda text: text.replace("/etc/traefik/shop.yml", str(shop)))
    return [program, f"--configFile={file}"]


# With what each cannot do, by the name of the case.
PROXIES = {"caddy": (caddy, set()), "haproxy": (haproxy, set()), "envoy": (envoy, set()), "traefik": (traefik, {"address", "away"})}


# ---- the cases


class Trial:
    def __init__(self, proxy, program, port, site, lacks):
        self.proxy, self.program, self.port, self.site, self.lacks = proxy, program, port, site, lacks

    def visitor(self, **more):
        return Visitor(self.port, **more)

    def hold(self, sentence):
        print(f"  {self.proxy}: {sentence}", flush=True)

    def waits(self, reply, to=CART):
        """A page that is sent to the line; the site was not asked."""
        assert reply.status == 303, reply
        location = reply.headers["Location"]
        location = re.sub(r"^http://[^/]+", "", location)
        kept = "/" if "address" in self.lacks else to
        escaped = kept.replace("%", "%25").replace("?", "%3F").replace("=", "%3D").replace("&", "%26")
        assert location == f"/wait/shop?to={escaped}", reply
        assert "no-store" in reply.headers["Cache-Control"], reply
        assert not self.site.asked, self.site.asked

    def passes(self, reply, line, address=CART):
        assert (reply.status, reply.text) == (200, f"the shop: {address}"), reply
        assert self.site.asked.pop()[:2] == (line, address) and not self.site.asked, self.site.asked

    def without_a_pass(self):
        self.waits(self.visitor().ask(CART))
        self.waits(self.visitor().ask(CART, "POST", "a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}))
        self.hold("a visitor without a pass is sent to the line")
        script = self.visitor().ask("/data", accept="application/json")
        assert script.status == 401 and json.loads(script.text)["code"] == "UNAUTHORIZED", script
        assert script.headers["WWW-Authenticate"] == "Onsale-Pass", script
        robot = self.visitor(agent="Googlebot/2.1").ask("/")
        assert robot.status == 503 and not self.site.asked, robot
        self.hold("a script hears 401 with JSON, a robot 503")
        for address in ("/robots.txt", "/.well-known/acme-challenge/x"):
            self.passes(self.visitor().ask(address), "GET", address)
        self.hold("machines read robots.txt and .well-known without the line")

    def in_line(self):
        """A visitor waits, is let in, and passes from then on."""
        visitor = self.visitor()
        to = visitor.ask(CART).headers["Location"]
        to = visitor.ask(re.sub(r"^http://[^/]+", "", to)).headers["Location"]
        page = visitor.ask(re.sub(r"^http://[^/]+", "", to))
        assert page.status == 200 and 'data-rank="1"' in page.text, page
        files = re.findall(r'"(/assets/[^"]+)"', page.text)
        assert files and all(visitor.ask(file).status == 200 for file in files), files
        assert not self.site.asked, self.site.asked
        document = json.loads(visitor.ask("/queue/serving/shop").text)
        assert document["line"] == "queue:shop", document
        self.hold("the waiting page, its files and its requests come from the line")
        self.program.rate(1_000)
        until("it is the visitor's turn", lambda: json.loads(visitor.ask("/queue/place/shop").text)["status"] == "ACTIVE")
        turn = visitor.ask(re.sub(r"^http://[^/]+", "", to))
        assert turn.status == 303 and "onsale_pass=qr_" in turn.headers["Location"], turn
        token = re.sub(r"^http://[^/]+", "", turn.headers["Location"])
        if "address" not in self.lacks:
            clean = visitor.ask(token)
            assert clean.status == 303 and clean.headers["Location"].endswith(CART), clean
            assert any(cookie.startswith("onsale_pass_shop=") for cookie in clean.cookies()), clean
        self.site.asked.clear()
        first = visitor.ask(CART)
        self.passes(first, "GET")
        assert "shop=1; Path=/" in first.cookies() and "shop" in visitor.jar, first
        self.program.rate(0)
        self.passes(visitor.ask(CART), "GET")
        assert visitor.ask("/buy", "POST", "a=b").status == 200
        assert self.site.asked.pop()[:3] == ("POST", "/buy", "a=b"), "with its body"
        self.hold("a visitor with a pass reaches the site, with forms and the site's own cookies")
        return visitor

    def forged(self, holder):
        visitor, pass_ = holder.jar["onsale_visitor"], holder.jar["onsale_pass_shop"]
        id_, until_, of, signature = pass_.split(".")
        longer = f"{id_}.{int(until_) + 1}.{of}.{signature}"
        for jar in (
            {"onsale_pass_shop": pass_},
            {"onsale_pass_shop": longer},
            {"onsale_visitor": visitor[:-1] + ("a" if visitor[-1] != "a" else "b"), "onsale_pass_shop": pass_},
            {"onsale_visitor": "x.1.y", "onsale_pass_shop": "x"},
        ):
            self.waits(self.visitor(cookies=jar).ask(CART))
        stranger = self.visitor()
        stranger.ask("/wait/shop?to=/cart")
        stranger.jar["onsale_pass_shop"] = pass_
        self.waits(stranger.ask(CART))
        firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
        self.waits(self.visitor(cookies=holder.jar, agent=firefox).ask(CART))
        self.waits(self.visitor().ask("/cart?onsale_pass=qr_7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11"), to="/cart")
        self.passes(holder.ask(CART), "GET")
        self.hold("a forged, a copied and another browser's pass do not reach it")

    def addresses(self, holder):
        """An address that would be read as another one does not lead around the line."""
        for address in ("/.well-known/../cart", "/.well-known/%2e%2e/cart", "/.well-known/..%2fcart", "/wait/../cart", "//cart"):
            reply = self.visitor().ask(address)
            assert reply.status != 200 and not self.site.asked, (address, reply, self.site.asked)
        self.hold("an address with two meanings does not lead around the line")

    def straight(self):
        """Where nobody waits a newcomer passes at once, with both cookies."""
        self.program.rate(1_000)
        newcomer = None

        def is_in():
            # The bucket of a new rate is empty, so that the first newcomers may be sent to the line.
            nonlocal newcomer
            newcomer = self.visitor()
            reply = newcomer.ask(CART)
            if reply.status != 200:
                self.site.asked.clear()
                return False
            names = sorted(cookie.split("=")[0] for cookie in reply.cookies())
            assert names == ["onsale_pass_shop", "onsale_visitor", "shop"], reply
            self.passes(reply, "GET")
            return True

        until("a newcomer passes", is_in)
        self.program.rate(0)
        self.passes(newcomer.ask(CART), "GET")
        self.hold("where nobody waits a newcomer passes at once and keeps the pass")

    def away(self, holder):
        self.program.end()
        for visitor in (self.visitor(), holder):
            reply = visitor.ask(CART)
            status = 500 if "away" in self.lacks else 503
            assert reply.status == status and not self.site.asked, (reply, self.site.asked)
        self.hold(f"Onsale away: {status}, and nobody reaches the site")

    def run(self):
        self.without_a_pass()
        holder = self.in_line()
        self.forged(holder)
        self.addresses(holder)
        self.straight()
        self.away(holder)


def try_proxy(name, path, onsale):
    begin, lacks = PROXIES[name]
    with tempfile.TemporaryDirectory() as folder:
        site, program = Site(), Program(onsale, folder)
        port = free_port()
        log = Path(folder, "proxy.log")
        process = None
        try:
            with log.open("wb") as out:
                words = begin(path, folder, (port, program.port, site.port))
                environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
                process = subprocess.Popen(words, cwd=folder, env=environment, stdout=out, stderr=out)

            def is_up():
                assert process.poll() is None, "the proxy has ended"
                try:
                    return Visitor(port).ask("/robots.txt").status == 200
                except OSError:
                    return False

            until("the proxy listens", is_up)
            site.asked.clear()
            Trial(name, program, port, site, lacks).run()
            return True
        except (AssertionError, subprocess.CalledProcessError, OSError) as error:
            print(f"  {name}: FAILED: {error!r}\n{log.read_text(errors='replace')[-3_000:] if log.is_file() else ''}")
            return False
        finally:
            if process is not None:
                process.kill()
                process.wait()
            if program.process.poll() is None:
                program.end()
            site.server.shutdown()


def main(onsale, *names):
    passed, failed, skipped = [], [], []
    for name in names or PROXIES:
        path = os.environ.get(name.upper()) or shutil.which(name)
        print(f"==> {name}" + ("" if path else ": SKIPPED, it is not installed"), flush=True)
        (skipped if not path else passed if try_proxy(name, path, onsale) else failed).append(name)
    print(f"\nconnectors: {len(passed)} passed, {len(failed)} failed {failed}, {len(skipped)} skipped {skipped}")
    return 1 if failed or not passed else 0


sys.exit(main(str(Path(sys.argv[1]).resolve()), *sys.argv[2:]))

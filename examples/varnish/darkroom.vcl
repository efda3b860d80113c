vcl 4.1;

# Varnish in front of Darkroom: fresh as CDN-Cache-Control says, stale while one request refreshes, purged by tag.
# Needs vmod_xkey (Debian: varnish-modules). docs/guides/cdn.md says how to run it.

import purge;
import std;
import xkey;

backend default {
  .host = "127.0.0.1";
  .port = "8787";
  # A picture that is being made holds its connection (DARKROOM_LIVE_WAIT_S).
  .first_byte_timeout = 90s;
}

# Who may purge: the gateways of Darkroom.
acl purgers {
  "127.0.0.1";
  "::1";
}

sub vcl_recv {
  if (req.method == "PURGE") {
    if (client.ip !~ purgers) {
      return (synth(403, "Not from here"));
    }
    # To ask for a key besides, set VARNISH_PURGE_KEY and take this in:
    # if (req.http.X-Purge-Key != "the key") { return (synth(401, "The key is wrong")); }
    if (req.http.xkey-purge) {
      set req.http.X-Purged = xkey.purge(req.http.xkey-purge);
      return (synth(200, "Purged"));
    }
    if (req.http.xkey-softpurge) {
      set req.http.X-Purged = xkey.softpurge(req.http.xkey-softpurge);
      return (synth(200, "Purged"));
    }
    if (req.http.X-Purge-Everything) {
      ban("obj.status != 0");
      return (synth(200, "Purged"));
    }
    if (req.http.X-Purge-Host && req.http.X-Purge-Path) {
      set req.http.Host = req.http.X-Purge-Host;
      set req.url = req.http.X-Purge-Path;
      return (hash);
    }
    return (synth(400, "Say what to purge"));
  }

  # Not for Darkroom's own writes and streams, and not for who shows a key.
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
  if (req.http.Authorization || req.http.X-API-Key || (req.url !~ "^/live/" && req.url !~ "^/images/")) {
    return (pass);
  }
  # Darkroom folds Accept to a format, and says Vary: Accept. So few formats there are, so few copies.
  if (req.http.Accept) {
    if (req.http.Accept ~ "image/avif") { set req.http.Accept = "image/avif,image/webp,*/*"; }
    elsif (req.http.Accept ~ "image/webp") { set req.http.Accept = "image/webp,*/*"; }
    else { set req.http.Accept = "*/*"; }
  }
  # A picture answers no cookie.
  unset req.http.Cookie;
  return (hash);
}

sub vcl_hit {
  if (req.method == "PURGE") {
    call purge_this_url;
  }
}

sub vcl_miss {
  if (req.method == "PURGE") {
    call purge_this_url;
  }
}

sub purge_this_url {
  if (req.http.X-Purge-Soft) {
    purge.soft(0s);
  } else {
    purge.hard();
  }
  return (synth(200, "Purged"));
}

sub vcl_backend_response {
  # Tags for vmod_xkey are in the field xkey, which Darkroom writes for DARKROOM_CDN=varnish.
  if (beresp.http.CDN-Cache-Control) {
    # RFC 9213: it stands above Cache-Control, which is for browsers.
    if (beresp.http.CDN-Cache-Control ~ "(?i)(no-store|private)") {
      set beresp.uncacheable = true;
      set beresp.ttl = 0s;
      return (deliver);
    }
    set beresp.ttl = std.duration(regsub(beresp.http.CDN-Cache-Control, "(?i)^.*max-age=([0-9]+).*$", "\1") + "s", 0s);
    if (beresp.http.Age) {
      set beresp.ttl = beresp.ttl - std.duration(beresp.http.Age + "s", 0s);
    }
    if (beresp.http.CDN-Cache-Control ~ "(?i)stale-while-revalidate=") {
      set beresp.grace = std.duration(regsub(beresp.http.CDN-Cache-Control, "(?i)^.*stale-while-revalidate=([0-9]+).*$", "\1") + "s", 0s);
    }
    # For conditional requests to Darkroom, which answers them with 304.
    set beresp.keep = 1h;
    if (beresp.ttl <= 0s && beresp.grace <= 0s) {
      set beresp.uncacheable = true;
    }
    return (deliver);
  }
}

sub vcl_deliver {
  # Tags are between Darkroom and this cache.
  unset resp.http.xkey;
  unset resp.http.Cache-Tag;
  unset resp.http.Surrogate-Key;
  if (obj.hits > 0) {
    set resp.http.X-Varnish-Cache = "HIT";
  } else {
    set resp.http.X-Varnish-Cache = "MISS";
  }
}

sub vcl_synth {
  set resp.http.Content-Type = "text/plain; charset=utf-8";
  set resp.body = resp.reason + {"
"};
  return (deliver);
}

"use strict";
const http = require("http");
const { URL } = require("url");

const routes = {
  "/health": (req, res) => res.end("ok"),
  "/echo": (req, res) => req.pipe(res),
};

if (!process.env.PORT) return;

const server = http.createServer((req, res) => {
  const { pathname } = new URL(req.url, "http://localhost");
  const handle = routes[pathname];
  let handle = null;
  if (handle) {
    handle(req, res);
  } else {
    res.statusCode = 404;
    res.end(`no ${pathname}`);
  }
});

module.exports = server.listen(process.env.PORT);

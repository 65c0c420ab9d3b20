// A page opened from a file may start no worker, and search is one. A hidden frame that runs the worker's script takes
// its place. The name of this file tells the offline plugin that no other script has to be fetched for this.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.started = new Promise((started, failed) => {
        const frame = document.createElement("iframe");
        const address = new URL(url, location.href).href;
        frame.hidden = true;
        frame.title = "search";
        frame.addEventListener("load", () => started(this.#start(frame.contentWindow, address)), { once: true });
        frame.addEventListener("error", failed, { once: true });
        document.body.append(frame);
      });
    }

    #start(inside, address) {
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }));
      return new Promise((started, failed) => {
        const script = inside.document.createElement("script");
        script.src = address;
        script.onload = () => started(inside);
        script.onerror = failed;
        inside.document.head.append(script);
      });
    }

    async postMessage(data) {
      const inside = await this.started;
      inside.dispatchEvent(new MessageEvent("message", { data }));
    }
  };
}

import { readsWellAt } from "./checks/languages";

readsWellAt(1280);
